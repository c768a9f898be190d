import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRouterClient } from '@orpc/server'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Connection } from '#services/sessions.ts'
import { DAY, HOUR, movableClocks, type MovableClocks } from './clocks.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type Client, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

// Multi-Region keys: AWS KMS developer guide, "Multi-Region keys", and ReplicateKey, UpdatePrimaryRegion and ScheduleKeyDeletion of the
// service model. A Region is a namespace of the vault; related keys share id and material (docs/adr/0017).

const ACCOUNT = '441722089135'
let clocks: MovableClocks
let vault: TemporaryVault
let store: Store
let member: HsmMember
let watch: Watch
let lab: Client
let north: Client

beforeEach(async () => {
  clocks = movableClocks()
  watch = () => undefined
  vault = await temporaryVault({
    ambient: clocks,
    hsm: watchedHsm((...call) => watch(...call), (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  await vault.api.accounts.addRegion({ region: 'north' })
  await vault.api.accounts.addRegion({ region: 'south' })
  lab = inRegion('lab')
  north = inRegion('north')
})

afterEach(() => vault[Symbol.asyncDispose]())

describe('a multi-Region key', () => {
  it('is made as a primary without replicas', async () => {
    const { KeyMetadata } = await lab.kms.CreateKey({ MultiRegion: true })
    expect(KeyMetadata.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/)
    const Arn = arn('lab', KeyMetadata.KeyId)
    expect(KeyMetadata).toMatchObject({ Arn, MultiRegion: true, MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn, Region: 'lab' }, ReplicaKeys: [] } })
    expect((await lab.kms.CreateKey({})).KeyMetadata).toMatchObject({ MultiRegion: false })
  })

  it('is the same key in another Region, with a policy, description and tags of its own', async () => {
    const KeyId = await primary({ Description: 'first', Tags: [{ TagKey: 'a', TagValue: '1' }] })
    const made = await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north', Description: 'second', Tags: [{ TagKey: 'b', TagValue: '2' }] })
    const configuration = { PrimaryKey: { Arn: arn('lab', KeyId), Region: 'lab' }, ReplicaKeys: [{ Arn: arn('north', KeyId), Region: 'north' }] }
    expect(made).toMatchObject({
      ReplicaKeyMetadata: { KeyId, Arn: arn('north', KeyId), KeyState: 'Enabled', Description: 'second', MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', ...configuration } },
      ReplicaTags: [{ TagKey: 'b', TagValue: '2' }],
    })
    expect((await lab.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ Description: 'first', MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ...configuration } })
    await north.kms.CreateAlias({ AliasName: 'alias/there', TargetKeyId: KeyId })
    expect((await lab.kms.ListAliases({ KeyId })).Aliases).toEqual([])
    await north.kms.DisableKey({ KeyId })
    await expect(north.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'DisabledException', message: `${arn('north', KeyId)} is disabled.` })
    await lab.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    expect((await north.kms.GetKeyLastUsage({ KeyId })).KeyLastUsage).toBeUndefined()
  })

  it('opens in each of its Regions what it sealed in another, and in no other Region', async () => {
    const KeyId = await primary()
    const { CiphertextBlob } = await lab.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { a: 'b' } })
    const nowhere = { code: 'AccessDeniedException', message: 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.' }
    await expect(north.kms.Decrypt({ CiphertextBlob, EncryptionContext: { a: 'b' } })).rejects.toMatchObject(nowhere)
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    const opened = await north.kms.Decrypt({ CiphertextBlob, EncryptionContext: { a: 'b' } })
    expect([text(opened.Plaintext), opened.KeyId]).toEqual(['x', arn('north', KeyId)])
    const back = await north.kms.Encrypt({ KeyId, Plaintext: bytes('y') })
    expect(text((await lab.kms.Decrypt({ CiphertextBlob: back.CiphertextBlob, KeyId })).Plaintext)).toBe('y')
    await expect(inRegion('south').kms.Decrypt({ CiphertextBlob })).rejects.toMatchObject(nowhere)
    expect(await objects()).toBe(1)
  })

  it.each([
    ['ECC_NIST_P256', 'SIGN_VERIFY', 'ECDSA_SHA_256'], ['RSA_2048', 'SIGN_VERIFY', 'RSASSA_PSS_SHA_256'], ['ML_DSA_44', 'SIGN_VERIFY', 'ML_DSA_SHAKE_256'],
  ])('of %s signs in one Region and verifies in another', async (KeySpec, KeyUsage, SigningAlgorithm) => {
    const KeyId = await primary({ KeySpec, KeyUsage })
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    const { Signature } = await lab.kms.Sign({ KeyId, Message: bytes('m'), SigningAlgorithm })
    expect((await north.kms.Verify({ KeyId, Message: bytes('m'), Signature, SigningAlgorithm })).SignatureValid).toBe(true)
    expect((await north.kms.GetPublicKey({ KeyId })).PublicKey).toEqual((await lab.kms.GetPublicKey({ KeyId })).PublicKey)
  })

  it('is replicated once to a Region, from its primary alone, and only if it is one', async () => {
    const KeyId = await primary()
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    await expect(lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })).rejects.toMatchObject({ code: 'AlreadyExistsException' })
    await expect(lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'lab' })).rejects.toMatchObject({ code: 'AlreadyExistsException' })
    await expect(north.kms.ReplicateKey({ KeyId, ReplicaRegion: 'south' })).rejects.toMatchObject(notPrimary('north', KeyId))
    await expect(lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'west' })).rejects.toMatchObject({ code: 'ValidationException' })
    const single = (await lab.kms.CreateKey({})).KeyMetadata.KeyId
    await expect(lab.kms.ReplicateKey({ KeyId: single, ReplicaRegion: 'north' })).rejects.toMatchObject(notPrimary('lab', single))
    await lab.kms.DisableKey({ KeyId })
    await expect(lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'south' })).rejects.toMatchObject({ code: 'DisabledException' })
  })
})

describe('rotation of a multi-Region key', () => {
  it('is a matter of the primary, and gives all related keys the new material', async () => {
    const KeyId = await primary()
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    const before = await north.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await lab.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    expect(await north.kms.GetKeyRotationStatus({ KeyId })).toMatchObject({ KeyId: arn('north', KeyId), KeyRotationEnabled: true, RotationPeriodInDays: 90 })
    for (const change of ['EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand'] as const) {
      await expect(north.kms[change]({ KeyId })).rejects.toMatchObject(notPrimary('north', KeyId))
    }
    await lab.kms.RotateKeyOnDemand({ KeyId })
    const materials = await Promise.all([lab, north].map(async (region) => (await region.kms.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId))
    expect(new Set(materials).size).toBe(1)
    expect((await north.kms.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' })).KeyMaterialId).toBe(materials[0])
    expect(text((await lab.kms.Decrypt({ CiphertextBlob: before.CiphertextBlob })).Plaintext)).toBe('x')
    await days(91)
    expect((await north.kms.ListKeyRotations({ KeyId })).Rotations.map((each) => each.RotationType)).toEqual(['ON_DEMAND', 'AUTOMATIC'])
  })

  it('moves with the rank of primary', async () => {
    const KeyId = await primary()
    await lab.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    await expect(lab.kms.UpdatePrimaryRegion({ KeyId, PrimaryRegion: 'north' })).rejects.toMatchObject({ code: 'NotFoundException', message: `Key '${arn('north', KeyId)}' does not exist` })
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    await expect(north.kms.UpdatePrimaryRegion({ KeyId, PrimaryRegion: 'north' })).rejects.toMatchObject(notPrimary('north', KeyId))
    await expect(lab.kms.UpdatePrimaryRegion({ KeyId, PrimaryRegion: 'lab' })).rejects.toMatchObject({ code: 'UnsupportedOperationException' })
    await lab.kms.UpdatePrimaryRegion({ KeyId, PrimaryRegion: 'north' })
    expect((await lab.kms.DescribeKey({ KeyId })).KeyMetadata.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'REPLICA', PrimaryKey: { Arn: arn('north', KeyId), Region: 'north' }, ReplicaKeys: [{ Arn: arn('lab', KeyId), Region: 'lab' }],
    })
    await expect(lab.kms.RotateKeyOnDemand({ KeyId })).rejects.toMatchObject(notPrimary('lab', KeyId))
    await north.kms.RotateKeyOnDemand({ KeyId })
    await days(91)
    expect((await lab.kms.ListKeyRotations({ KeyId })).Rotations.map((each) => each.RotationType)).toEqual(['ON_DEMAND', 'AUTOMATIC'])
  })
})

describe('deletion of a multi-Region key', () => {
  it('destroys the material with the last related key, and the primary waits for its replicas', async () => {
    const KeyId = await primary()
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    expect(await lab.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })).toEqual({ KeyId: arn('lab', KeyId), KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 7 })
    expect((await lab.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'PendingReplicaDeletion', Enabled: false, PendingDeletionWindowInDays: 7 })
    await expect(lab.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'DisabledException', message: `${arn('lab', KeyId)} is pending replica deletion.` })
    await north.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await days(40)
    expect(await objects()).toBe(1)
    await north.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 8 })
    await days(10)
    await expect(north.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
    const { KeyMetadata } = await lab.kms.DescribeKey({ KeyId })
    expect(KeyMetadata).toMatchObject({ KeyState: 'PendingDeletion', MultiRegionConfiguration: { ReplicaKeys: [] } })
    expect(KeyMetadata.PendingDeletionWindowInDays).toBeUndefined()
    expect(Number(KeyMetadata.DeletionDate)).toBeGreaterThan(clocks.now() + 5 * DAY)
    expect(await objects()).toBe(1)
    await days(9)
    expect(await objects()).toBe(0)
    await expect(lab.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
    expect(store.read((tables) => [tables.keys.related(KeyId as never), tables.materials.ofKey(KeyId as never), tables.intents.list()])).toEqual([[], [], []])
  })

  it('is taken back to Disabled while the replicas are there', async () => {
    const KeyId = await primary()
    await lab.kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
    await lab.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await lab.kms.CancelKeyDeletion({ KeyId })
    expect((await lab.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Disabled' })
    await north.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await days(9)
    await days(30)
    expect(await objects()).toBe(1)
    expect((await lab.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Disabled' })
  })

  it('goes on at the next login where the token could not be asked', async () => {
    const KeyId = await primary()
    await lab.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    watch = (call, when) => {
      if (call === 'hsm.destroyKey' && when === 'before') throw new VaultError('TOKEN_REMOVED', { member: 'SoftHSM' })
    }
    await days(9)
    watch = () => undefined
    // From the durable intent on there is no way back, and no new replica.
    await expect(lab.kms.CancelKeyDeletion({ KeyId })).rejects.toMatchObject({ code: 'KMSInvalidStateException' })
    await unlock()
    await vault.api.vault.lock({})
    await unlock()
    expect(await objects()).toBe(0)
    expect(store.read((tables) => [tables.keys.related(KeyId as never), tables.intents.list()])).toEqual([[], []])
  })
})

async function primary(given: Partial<Parameters<Client['kms']['CreateKey']>[0]> = {}): Promise<string> {
  return (await lab.kms.CreateKey({ MultiRegion: true, ...given })).KeyMetadata.KeyId
}

/** A client whose calls are signed for a Region, as at the endpoint. */
function inRegion(region: string): Client {
  const connection: Connection = { via: 'endpoint', source: '127.0.0.1', agent: 'test', session: undefined }
  const principal = vault.holdfast.vault.sessions.principal(vault.connection)
  vault.holdfast.vault.sessions.openSigned(connection, { principal, region: region as never, accessKeyId: 'AKIATEST' as never })
  return createRouterClient(vault.holdfast.router, { context: { connection } })
}

function arn(region: string, id: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`
}

function notPrimary(region: string, id: string): { code: string; message: string } {
  return { code: 'UnsupportedOperationException', message: `${arn(region, id)} is not a multi-region primary key.` }
}

async function days(count: number): Promise<void> {
  for (let hour = 0; hour < count * 24; hour++) {
    clocks.pass(HOUR)
    await vault.holdfast.vault.look()
  }
}

async function unlock(): Promise<void> {
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
}

async function objects(): Promise<number> {
  return (await member.session.findKeys('holdfast:')).length
}
