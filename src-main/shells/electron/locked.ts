import type { Vault } from '#services/vault.ts'

/** Calls `act` each time the vault has been locked, whoever asked for it. Resolves never, but with the process. */
export async function whenLocked(vault: Vault, agent: string, act: () => void): Promise<void> {
  let last: number | undefined
  for await (const { locked } of vault.watch({ via: 'console', source: 'local', agent, session: undefined }, undefined)) {
    const at = locked?.at.getTime()
    if (at !== undefined && at !== last) act()
    last = at
  }
}
