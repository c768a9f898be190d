import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { importMaterial } from './imported.ts'
import { killedAt } from './killed-child.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, vaultAt } from './temporary-vault.ts'
import { watchedHome, watchedHsm } from './watched-ports.ts'

let folder: string
let sealed: Uint8Array

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'))
  const vault = await temporaryVault()
  const { KeyId } = (await vault.api.kms.CreateKey({ Origin: 'EXTERNAL' })).KeyMetadata
  await importMaterial(vault.api, KeyId)
  sealed = (await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('kept') })).CiphertextBlob
  await vault.holdfast.close()
  cpSync(vault.homePath, join(folder, 'imported'), { recursive: true })
  await vault[Symbol.asyncDispose]()
  // Imports come back to the key that had its material before: its ciphertext tells whether it is the same.
  const emptied = vaultAt(copyOf('imported', 'emptied'))
  await emptied.api.session.signIn({ passphrase: secret(PASSPHRASE) })
  await emptied.api.kms.DeleteImportedKeyMaterial({ KeyId })
  await emptied[Symbol.asyncDispose]()
})

afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe.each([
  ['import', 'emptied', ['PendingImport', 'Enabled']],
  ['delete-import', 'imported', ['Enabled', 'PendingImport']],
] as const)('a process killed inside %s', (change, before, [first, last]) => {
  let steps: number

  beforeAll(async () => {
    steps = Number((await killedAt(copyOf(before, `survivor-${change}`), change, 1_000)).output)
  })

  it('leaves, at any step, store and token that agree after the next unlock, and no orphan', async () => {
    expect(steps).toBeGreaterThanOrEqual(6)
    const states: string[] = []
    for (let step = 0; step < steps; step++) {
      const home = copyOf(before, `${change}-${step}`)
      expect((await killedAt(home, change, step)).signal).toBe('SIGKILL')
      const { state, objects, pairs, pairRows, intents, opened } = await afterUnlock(home)
      expect(intents, `intents after step ${step}`).toBe(0)
      expect(objects, `materials in the token after step ${step}`).toBe(state === 'Enabled' ? 1 : 0)
      expect(pairs, `wrapping pairs in the token after step ${step}`).toBe(pairRows)
      expect(opened, `what was sealed before opens again after step ${step}`).toBe('kept')
      states.push(state)
    }
    // Once changed it stays changed: no step falls back.
    expect(states[0]).toBe(first)
    expect(states.at(-1)).toBe(last)
    expect(states.lastIndexOf(first)).toBeLessThan(states.indexOf(last))
  }, 240_000)
})

/** What store and token hold after the next unlock; then the material is brought back if it is gone. */
async function afterUnlock(homePath: string): Promise<{ state: string; objects: number; pairs: number; pairRows: number; intents: number; opened: string }> {
  let store: Store | undefined
  let member: HsmMember | undefined
  await using vault = vaultAt(homePath, {
    hsm: watchedHsm(() => undefined, (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
  const [{ KeyId } = { KeyId: '' }] = (await vault.api.kms.ListKeys({})).Keys
  const state = (await vault.api.kms.DescribeKey({ KeyId })).KeyMetadata.KeyState
  const kinds = ((await member?.session.findKeys('holdfast:')) ?? []).map(({ kind }) => kind)
  const facts = store?.read((tables) => ({ intents: tables.intents.list().length, pairRows: tables.wrappingPairs.ended(Number.MAX_SAFE_INTEGER).length }))
  if (state === 'PendingImport') await importMaterial(vault.api, KeyId)
  const opened = text((await vault.api.kms.Decrypt({ CiphertextBlob: sealed })).Plaintext)
  const pairs = kinds.filter((kind) => kind.endsWith('-unwrap')).length
  return { state, pairs, objects: kinds.length - pairs, intents: facts?.intents ?? -1, pairRows: facts?.pairRows ?? -1, opened }
}

function copyOf(from: string, to: string): string {
  const copy = join(folder, to)
  cpSync(join(folder, from), copy, { recursive: true })
  return copy
}
