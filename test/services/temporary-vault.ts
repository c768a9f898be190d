import { createRouterClient, type RouterClient } from '@orpc/server'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Files } from '#core/ports/files.ts'
import type { Hsm } from '#core/ports/hsm.ts'
import type { Home } from '#core/ports/home.ts'
import { compose, type Holdfast } from '#shells/compose.ts'
import type { HoldfastRouter } from '#shells/router.ts'
import type { Connection } from '#services/sessions.ts'

export const PASSPHRASE = 'correct horse battery staple'
/** What tests change it to. */
export const NEXT_PASSPHRASE = 'another horse battery staple'

export type Client = RouterClient<HoldfastRouter>

/** A whole Holdfast in a temporary home, with real SoftHSM and SQLCipher, and a client in process. */
export interface TemporaryVault extends AsyncDisposable {
  readonly homePath: string
  readonly holdfast: Holdfast
  readonly connection: Connection
  readonly api: Client
  /** Another connection to the same vault. */
  connect(): { api: Client; connection: Connection }
}

/** What a test puts in the place of the usual adapters. */
export interface Adapters {
  readonly hsm?: Hsm
  readonly home?: (path: string) => Home
  readonly files?: (homePath: string) => Files
  readonly ambient?: Ambient
}

/** Not initialised yet. */
export function temporaryHome(adapters: Adapters = {}): TemporaryVault {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  return vaultAt(join(folder, 'home'), adapters, () => { rmSync(folder, { recursive: true, force: true }) })
}

/** A composed Holdfast on a home that may exist already. */
export function vaultAt(homePath: string, adapters: Adapters = {}, cleanUp: () => void = () => undefined): TemporaryVault {
  const holdfast = compose({ homePath, hsm: adapters.hsm, home: adapters.home?.(homePath), files: adapters.files?.(homePath), ambient: adapters.ambient })
  if (!holdfast.home.acquire()) throw new Error('the home is in use')

  function connect(): { api: Client; connection: Connection } {
    const connection: Connection = { via: 'cli', source: 'local', agent: 'test', session: undefined }
    return { connection, api: createRouterClient(holdfast.router, { context: { connection } }) }
  }

  return {
    homePath,
    holdfast,
    connect,
    ...connect(),
    async [Symbol.asyncDispose]() {
      await holdfast.close()
      cleanUp()
    },
  }
}

/** Initialised and signed in. */
export async function temporaryVault(adapters: Adapters = {}): Promise<TemporaryVault> {
  const vault = temporaryHome(adapters)
  await vault.api.vault.initialise({ passphrase: secret(PASSPHRASE), account: '441722089135', region: 'lab' })
  return vault
}

/** A fresh buffer each time: whoever takes a passphrase wipes it. */
export function secret(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
