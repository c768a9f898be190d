import { createRouterClient } from '@orpc/server'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import type { Connection } from '#services/sessions.ts'
import { movableClocks, type MovableClocks } from '../clocks.ts'
import { PASSPHRASE, secret, vaultAt, type Client } from '../temporary-vault.ts'
import { watchedHome, watchedHsm } from '../watched-ports.ts'

/** The Regions of a vault that is killed. */
export const REGIONS = ['lab', 'north'] as const

/** A vault that was unlocked in this process, with what a check looks at behind its back. */
export interface Opened extends AsyncDisposable {
  readonly clocks: MovableClocks
  readonly store: Store
  readonly member: HsmMember
  readonly regions: Readonly<Record<(typeof REGIONS)[number], Client>>
  readonly local: Client
  /** One look of the scheduler. */
  look(): Promise<void>
}

export async function openAt(homePath: string, clock: number): Promise<Opened> {
  const clocks = movableClocks(clock)
  let store: Store | undefined
  let member: HsmMember | undefined
  const vault = vaultAt(homePath, {
    ambient: clocks,
    hsm: watchedHsm(() => undefined, (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
  const principal = vault.holdfast.vault.sessions.principal(vault.connection)
  // Signed calls, as at the endpoint: they name a Region, and do not end when the clock is moved.
  const inRegion = (region: string): Client => {
    const connection: Connection = { via: 'endpoint', source: '127.0.0.1', agent: 'test', session: undefined }
    vault.holdfast.vault.sessions.openSigned(connection, { principal, region: region as never, accessKeyId: 'AKIATEST' as never })
    return createRouterClient(vault.holdfast.router, { context: { connection } })
  }
  if (store === undefined || member === undefined) throw new Error('unlocked without a store or a member')
  return {
    clocks,
    store,
    member,
    regions: { lab: inRegion('lab'), north: inRegion('north') },
    local: vault.api,
    look: () => vault.holdfast.vault.look(),
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  }
}
