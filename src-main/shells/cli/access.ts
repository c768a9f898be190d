import type { Api } from '#contract/contract.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Holdfast } from '../compose.ts'
import { connectToOwner } from '../local/connect.ts'
import { stderrLog } from '../log.ts'
import { clientInProcess } from '../transport.ts'

/** A command's way to the vault, the same whether another process owns it or this one does. Nobody is signed in on it yet. */
export interface Access {
  readonly api: Api
  /** The running owner's address; undefined if this process is the owner. */
  readonly ownerAddress: string | undefined
  close(): Promise<void>
}

/** How long a command waits for another one to be done with the vault, in milliseconds. */
export const PATIENCE = 10_000
const PAUSE = 100

/**
 * The running owner if one answers, else this process becomes the owner for as long as the command runs.
 * Throws VAULT_IN_USE if neither comes true within 10 seconds.
 */
export async function openAccess(home: string, agent: string): Promise<Access> {
  return (await firstOf(() => connected(home, agent), () => owned(home, agent))) ?? inUse()
}

/** The running owner only. Throws NOT_RUNNING if there is none. */
export async function openOwnersAccess(home: string, agent: string): Promise<Access> {
  const access = await connected(home, agent)
  if (access === undefined) throw new VaultError('NOT_RUNNING')
  return access
}

/** Takes the vault for a process that others will connect to. Throws ALREADY_RUNNING, VAULT_IN_USE. */
export async function takeOwnership(home: string, agent: string): Promise<Holdfast> {
  const taken = await firstOf(
    () => acquired(home),
    async () => {
      const owner = await connectToOwner(home, agent)
      owner?.close()
      if (owner !== undefined) throw new VaultError('ALREADY_RUNNING')
      return undefined
    },
  )
  return taken ?? inUse()
}

/** Tries one after the other, again and again, until one succeeds; undefined after `PATIENCE`. */
async function firstOf<T>(...ways: (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  const end = performance.now() + PATIENCE
  for (;;) {
    for (const way of ways) {
      const result = await way()
      if (result !== undefined) return result
    }
    if (performance.now() >= end) return undefined
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

async function connected(home: string, agent: string): Promise<Access | undefined> {
  const owner = await connectToOwner(home, agent)
  if (owner === undefined) return undefined
  return {
    api: owner.api,
    ownerAddress: owner.address,
    close() {
      owner.close()
      return Promise.resolve()
    },
  }
}

async function owned(home: string, agent: string): Promise<Access | undefined> {
  const holdfast = await acquired(home)
  if (holdfast === undefined) return undefined
  return {
    api: clientInProcess(holdfast.router, { via: 'cli', source: 'local', agent, session: undefined }, stderrLog),
    ownerAddress: undefined,
    async close() {
      await holdfast.close()
      holdfast.home.release()
    },
  }
}

async function acquired(home: string): Promise<Holdfast | undefined> {
  // Loaded only here: a command that talks to a running owner needs no database and no HSM, and starts faster.
  const { compose } = await import('../compose.ts')
  const holdfast = compose({ homePath: home })
  if (holdfast.home.acquire()) return holdfast
  await holdfast.close()
  return undefined
}

function inUse(): never {
  throw new VaultError('VAULT_IN_USE')
}
