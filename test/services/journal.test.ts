import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { killedAt } from './killed-child.ts'
import { PASSPHRASE, secret, temporaryVault, vaultAt, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm } from './watched-ports.ts'

let folder: string
let pristine: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-journal-'))
  pristine = join(folder, 'pristine')
  const vault = await temporaryVault()
  await vault.api.kms.CreateKey({ Description: 'before' })
  await vault.holdfast.close()
  cpSync(vault.homePath, pristine, { recursive: true })
  await vault[Symbol.asyncDispose]()
})

afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe.each(['create-key', 'create-pair', 'create-sealed'] as const)('a process killed inside CreateKey (%s)', (change) => {
  let steps: number

  beforeAll(async () => {
    steps = Number((await killedAt(copyOf(`survivor-${change}`), change, 1_000)).output)
  })

  it('passes through at least intent, key generation and settling', () => {
    expect(steps).toBeGreaterThanOrEqual(6)
  })

  it('leaves, at any step, either a whole key or none after the next unlock', async () => {
    const outcomes: number[] = []
    for (let step = 0; step < steps; step++) {
      const home = copyOf(`${change}-${step}`)
      expect((await killedAt(home, change, step)).signal).toBe('SIGKILL')
      const { keys, materials, objects, intents, works } = await afterUnlock(home)
      expect(intents, `intents after step ${step}`).toBe(0)
      expect(materials, `materials after step ${step}`).toBe(keys)
      expect(objects, `objects in the token after step ${step}`).toBe(keys)
      expect(works, `a key can be made after step ${step}`).toBe(true)
      outcomes.push(keys)
    }
    // Before the settling commit nothing of the key may stay; after it, all of it must.
    expect(outcomes[0]).toBe(1)
    expect(outcomes.at(-1)).toBe(2)
    expect(outcomes).toEqual([...outcomes].sort())
  }, 120_000)
})

describe('an intent whose outcome is unknown', () => {
  it('is undone when the token answers again, and not under the hands of a call at work', async () => {
    let fail = true
    let store: Store | undefined
    await using vault = vaultAt(copyOf('unknown'), {
      hsm: watchedHsm((call, when) => {
        // The key was made, its answer never came, and the token cannot be asked to undo it.
        if (fail && ((call === 'hsm.generateKey' && when === 'after') || (call === 'hsm.destroyKey' && when === 'before'))) throw new Error('the host died')
      }),
      home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
    })
    await signIn(vault)
    await expect(vault.api.kms.CreateKey({})).rejects.toThrow()
    expect(store?.read((tables) => tables.intents.list())).toHaveLength(1)
    fail = false
    await vault.api.vault.lock({})
    await signIn(vault)
    expect(store?.read((tables) => tables.intents.list())).toHaveLength(0)
    expect((await vault.api.kms.ListKeys({})).Keys).toHaveLength(1)
  })
})

async function signIn(vault: TemporaryVault): Promise<void> {
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
}

/** What store and token hold after the next unlock, and whether they go on working. */
async function afterUnlock(homePath: string): Promise<{ keys: number; materials: number; objects: number; intents: number; works: boolean }> {
  let store: Store | undefined
  let member: HsmMember | undefined
  await using vault = vaultAt(homePath, {
    hsm: watchedHsm(() => undefined, (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  await signIn(vault)
  const keys = (await vault.api.kms.ListKeys({})).Keys
  const facts = store?.read((tables) => ({
    intents: tables.intents.list().length,
    materials: keys.flatMap((key) => tables.materials.ofKey(key.KeyId as never)).length,
  }))
  const objects = (await member?.session.findKeys('holdfast:')) ?? []
  const made = await vault.api.kms.CreateKey({})
  return { keys: keys.length, objects: objects.length, materials: facts?.materials ?? -1, intents: facts?.intents ?? -1, works: made.KeyMetadata.Enabled }
}

function copyOf(name: string): string {
  const copy = join(folder, name)
  cpSync(pristine, copy, { recursive: true })
  return copy
}
