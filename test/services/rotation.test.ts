import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { DAY, HOUR, movableClocks, type MovableClocks } from './clocks.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome } from './watched-ports.ts'

let clocks: MovableClocks
let vault: TemporaryVault
let store: Store
let KeyId: string
let Arn: string

beforeEach(async () => {
  clocks = movableClocks()
  vault = await temporaryVault({ ambient: clocks, home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
  ;({ KeyId, Arn } = (await vault.api.kms.CreateKey({})).KeyMetadata)
})

afterEach(() => vault[Symbol.asyncDispose]())

describe('rotation on demand', () => {
  it('encrypts under new material, and old ciphertexts still decrypt', async () => {
    const before = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('old') })
    expect(await vault.api.kms.RotateKeyOnDemand({ KeyId })).toEqual({ KeyId: Arn })
    const after = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('new') })
    const materials = await Promise.all([before, after].map(async ({ CiphertextBlob }) => (await vault.api.kms.Decrypt({ CiphertextBlob })).KeyMaterialId))
    expect(materials[0]).not.toBe(materials[1])
    expect((await vault.api.kms.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId).toBe(materials[1])
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob: before.CiphertextBlob })).Plaintext)).toBe('old')
    // Re-encrypting moves a ciphertext to the current material without showing its plaintext.
    const moved = await vault.api.kms.ReEncrypt({ CiphertextBlob: before.CiphertextBlob, DestinationKeyId: KeyId, DestinationEncryptionContext: { a: 'b' } })
    expect(moved).toMatchObject({ SourceKeyMaterialId: materials[0], DestinationKeyMaterialId: materials[1] })
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { a: 'b' } })).Plaintext)).toBe('old')
  })

  it('is listed, with the first material only where all is asked for', async () => {
    clocks.pass(HOUR)
    await vault.api.kms.RotateKeyOnDemand({ KeyId })
    const { Rotations } = await vault.api.kms.ListKeyRotations({ KeyId })
    expect(Rotations).toEqual([{ KeyId: Arn, KeyMaterialId: expect.any(String), KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND', RotationDate: new Date(clocks.now()) }])
    const all = await vault.api.kms.ListKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 1 })
    expect(all).toMatchObject({ Truncated: true, Rotations: [{ KeyMaterialState: 'NON_CURRENT' }] })
    expect(all.Rotations[0]).not.toHaveProperty('RotationDate')
  })

  it('ends after 25 times, in AWS\'s words', async () => {
    for (let i = 0; i < 25; i++) await vault.api.kms.RotateKeyOnDemand({ KeyId })
    await expect(vault.api.kms.RotateKeyOnDemand({ KeyId })).rejects.toMatchObject({
      code: 'LimitExceededException',
      message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`,
    })
  })

  it('needs an enabled key', async () => {
    await vault.api.kms.DisableKey({ KeyId })
    await expect(vault.api.kms.RotateKeyOnDemand({ KeyId })).rejects.toMatchObject({ code: 'DisabledException' })
    await expect(vault.api.kms.EnableKeyRotation({ KeyId })).rejects.toMatchObject({ code: 'DisabledException' })
  })
})

describe('automatic rotation', () => {
  it('is off until it is enabled, and then every 365 days unless said otherwise', async () => {
    expect(await vault.api.kms.GetKeyRotationStatus({ KeyId })).toEqual({ KeyId: Arn, KeyRotationEnabled: false })
    await vault.api.kms.EnableKeyRotation({ KeyId })
    expect(await vault.api.kms.GetKeyRotationStatus({ KeyId })).toEqual({ KeyId: Arn, KeyRotationEnabled: true, RotationPeriodInDays: 365, NextRotationDate: new Date(clocks.now() + 365 * DAY) })
    await vault.api.kms.DisableKeyRotation({ KeyId })
    expect((await vault.api.kms.GetKeyRotationStatus({ KeyId })).KeyRotationEnabled).toBe(false)
  })

  it.each([89, 2561])('refuses a period of %i days', async (RotationPeriodInDays) => {
    await expect(vault.api.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays })).rejects.toMatchObject({ code: 'ValidationException' })
  })

  it('runs what was due while the vault was closed at the next unlock: once, and recorded as late', async () => {
    await vault.api.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    const due = clocks.now() + 90 * DAY
    await vault.api.vault.lock({})
    clocks.pass(200 * DAY)
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const { Rotations } = await vault.api.kms.ListKeyRotations({ KeyId })
    expect(Rotations).toHaveLength(1)
    expect(Rotations[0]).toMatchObject({ RotationType: 'AUTOMATIC', KeyMaterialState: 'CURRENT' })
    // The next date stays on the grid of the first.
    expect((await vault.api.kms.GetKeyRotationStatus({ KeyId })).NextRotationDate).toEqual(new Date(due + 180 * DAY))
    const [record] = records('RotateKey')
    expect(record).toMatchObject({ userIdentity: { type: 'AWSService', invokedBy: 'holdfast' }, requestParameters: { keyId: KeyId, late: true, dueAt: new Date(due).toISOString() } })
  })

  it('waits while the key is disabled', async () => {
    await vault.api.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    await vault.api.kms.DisableKey({ KeyId })
    await relock(91 * DAY)
    expect((await vault.api.kms.ListKeyRotations({ KeyId })).Rotations).toHaveLength(0)
    await vault.api.kms.EnableKey({ KeyId })
    await relock(HOUR)
    expect((await vault.api.kms.ListKeyRotations({ KeyId })).Rotations).toHaveLength(1)
  })
})

async function relock(passed: number): Promise<void> {
  await vault.api.vault.lock({})
  clocks.pass(passed)
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
}

function records(name: string): Record<string, unknown>[] {
  const leaves = store.read((tables) => tables.audit.page(0, 10_000))
  return leaves.map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>).filter((record) => record['eventName'] === name)
}
