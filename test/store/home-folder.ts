import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHome } from '#store/home.ts'
import type { Home } from '#core/ports/home.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** An empty folder of its own, and what removes it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  return { path, remove: () => { rmSync(path, { recursive: true, force: true }) } }
}

export const databaseKey = Secret.own(new Uint8Array(32).fill(7))
export const keyslotBytes = new TextEncoder().encode('{}\n')

/** A home that this process owns, with a vault whose store is closed. */
export async function homeWithVault(path: string, key: Secret = databaseKey): Promise<Home> {
  const home = createHome(path)
  if (!home.acquire()) throw new Error('the folder is in use')
  const staged = home.stage()
  await staged.createStore(key).close()
  staged.commit(keyslotBytes)
  return home
}
