import type { Api } from '#contract/contract.ts'
import type { Home } from '#core/ports/home.ts'
import type { Hsm } from '#core/ports/hsm.ts'
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
  let lock: Home | undefined
  return (await firstOf(() => connected(home, agent), async () => owned((lock ??= await lockOf(home)), agent))) ?? inUse()
}

/** The running owner only. Throws NOT_RUNNING if there is none. */
export async function openOwnersAccess(home: string, agent: string): Promise<Access> {
  const access = await connected(home, agent)
  if (access === undefined) throw new VaultError('NOT_RUNNING')
  return access
}

/** Takes the vault for a process that others will connect to; `hsm` if its hosts are no children of Node. Throws ALREADY_RUNNING, VAULT_IN_USE. */
export async function takeOwnership(home: string, agent: string, hsm?: Hsm): Promise<Holdfast> {
  const lock = await lockOf(home)
  const taken = await firstOf(
    () => acquired(lock, hsm),
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

async function owned(lock: Home, agent: string): Promise<Access | undefined> {
  const holdfast = await acquired(lock)
  if (holdfast === undefined) return undefined
  return {
    api: clientInProcess(holdfast.router, { via: 'cli', source: 'local', agent, session: undefined }, stderrLog),
    ownerAddress: undefined,
    close: () => holdfast.close(),
  }
}

// Database and HSM code is loaded only here: a command that talks to a running owner needs neither, and starts faster.

async function lockOf(home: string): Promise<Home> {
  const { createHome } = await import('#store/home.ts')
  return createHome(home)
}

/** Composed only once the lock is ours, so that it knows what the owner before it has written. */
async function acquired(lock: Home, hsm?: Hsm): Promise<Holdfast | undefined> {
  if (!lock.acquire()) return undefined
  const { compose } = await import('../compose.ts')
  return compose({ homePath: lock.path, home: lock, hsm })
}

function inUse(): never {
  throw new VaultError('VAULT_IN_USE')
}
