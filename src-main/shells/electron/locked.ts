import { VaultError } from '#core/vocabulary/failures.ts'
import type { Vault } from '#services/vault.ts'

/** How long to leave a vault alone whose status cannot be told, in milliseconds. */
const PAUSE = 1_000

/** Calls `act` each time the vault has been locked, whoever asked for it. Ends with the process. */
export async function whenLocked(vault: Vault, agent: string, act: () => void): Promise<never> {
  let last: number | undefined
  while (true) {
    try {
      for await (const { locked } of vault.watch({ via: 'console', source: 'local', agent, session: undefined }, undefined)) {
        const at = locked?.at.getTime()
        if (at !== undefined && at !== last) act()
        last = at
      }
    } catch (error) {
      // A damaged vault has no status; the page tells the person, and they may mend it while we run.
      if (!(error instanceof VaultError)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}
