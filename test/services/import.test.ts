import { constants, createCipheriv, createHmac, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { DAY, HOUR, movableClocks, type MovableClocks } from './clocks.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type Client, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm } from './watched-ports.ts'

let vault: TemporaryVault
let api: Client
let clocks: MovableClocks
let member: HsmMember
let store: Store

beforeAll(async () => {
  clocks = movableClocks()
  vault = await temporaryVault({
    ambient: clocks,
    hsm: watchedHsm(() => undefined, (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  api = vault.api
})

afterAll(() => vault[Symbol.asyncDispose]())

type Algorithm = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_1' | 'RSA_AES_KEY_WRAP_SHA_256'
const ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const
const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }

async function newKey(spec: { KeySpec?: string; KeyUsage?: string } = {}): Promise<string> {
  const { KeyMetadata } = await api.kms.CreateKey({ ...spec, Origin: 'EXTERNAL' })
  return KeyMetadata.KeyId
}

function wrap(algorithm: Algorithm, publicKey: Uint8Array, value: Uint8Array): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  const oaep = (given: Uint8Array) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256' }, given)
  if (algorithm.startsWith('RSAES')) return oaep(value)
  const aes = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([oaep(aes), cipher.update(value), cipher.final()])
}

function parametersFor(KeyId: string, WrappingAlgorithm: Algorithm = 'RSAES_OAEP_SHA_256') {
  return api.kms.GetParametersForImport({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' })
}

async function bring(KeyId: string, value: Uint8Array, more: object = FOREVER, algorithm: Algorithm = 'RSAES_OAEP_SHA_256') {
  const { ImportToken, PublicKey } = await parametersFor(KeyId, algorithm)
  return api.kms.ImportKeyMaterial({ KeyId, ImportToken, EncryptedKeyMaterial: wrap(algorithm, PublicKey, value), ...more })
}

async function state(KeyId: string): Promise<string> {
  return (await api.kms.DescribeKey({ KeyId })).KeyMetadata.KeyState
}

async function encrypt(KeyId: string, plaintext: string): Promise<Uint8Array> {
  return (await api.kms.Encrypt({ KeyId, Plaintext: bytes(plaintext) })).CiphertextBlob
}

async function decrypt(CiphertextBlob: Uint8Array): Promise<string> {
  return text((await api.kms.Decrypt({ CiphertextBlob })).Plaintext)
}

/** Time passes; sessions do not outlive it. */
async function later(milliseconds: number): Promise<void> {
  clocks.pass(milliseconds)
  await api.session.signIn({ passphrase: secret(PASSPHRASE) })
}

/** Objects of the vault on the token, by kind. */
async function objects(): Promise<string[]> {
  return (await member.session.findKeys('holdfast:')).map(({ kind }) => kind).sort()
}

/** The token holds the pairs that wait for an import, none for this key, and nothing is unfinished. */
async function expectTidy(KeyId: string): Promise<void> {
  const waiting = store.read((tables) => tables.wrappingPairs.ended(Number.MAX_SAFE_INTEGER))
  expect(waiting.filter(({ keyId }) => keyId === KeyId)).toEqual([])
  expect((await objects()).filter((kind) => kind.endsWith('-unwrap'))).toHaveLength(waiting.length)
  expect(store.read((tables) => tables.intents.list())).toEqual([])
}

async function materials(): Promise<number> {
  return (await objects()).filter((kind) => !kind.endsWith('-unwrap')).length
}

describe('a key that waits for its material', () => {
  it('is PendingImport, without material, and of no use', async () => {
    const { KeyMetadata } = await api.kms.CreateKey({ Origin: 'EXTERNAL' })
    expect(KeyMetadata).toMatchObject({ Origin: 'EXTERNAL', KeyState: 'PendingImport', Enabled: false })
    expect(KeyMetadata.CurrentKeyMaterialId).toBeUndefined()
    expect(KeyMetadata.ExpirationModel).toBeUndefined()
    const pending = { code: 'KMSInvalidStateException', message: `${KeyMetadata.Arn} is pending import.` }
    await expect(encrypt(KeyMetadata.KeyId, 'x')).rejects.toMatchObject(pending)
    await expect(api.kms.EnableKey({ KeyId: KeyMetadata.KeyId })).rejects.toMatchObject(pending)
    await expect(api.kms.EnableKeyRotation({ KeyId: KeyMetadata.KeyId })).rejects.toMatchObject({
      code: 'UnsupportedOperationException', message: `${KeyMetadata.Arn} origin is EXTERNAL which is not valid for this operation.`,
    })
    expect(await api.kms.DeleteImportedKeyMaterial({ KeyId: KeyMetadata.KeyId })).toEqual({ KeyId: KeyMetadata.Arn })
  })

  it('is deleted like any other, and has nothing to destroy', async () => {
    const KeyId = await newKey()
    await api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await later(8 * DAY)
    await vault.holdfast.vault.look()
    await later(25 * HOUR)
    await vault.holdfast.vault.look()
    await expect(api.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it.each(['ML_DSA_44', 'ML_KEM_512'])('is refused for %s, which AWS KMS does not import', async (KeySpec) => {
    const KeyUsage = KeySpec.startsWith('ML_DSA') ? 'SIGN_VERIFY' : 'ENCAPSULATE_DECAPSULATE'
    await expect(api.kms.CreateKey({ Origin: 'EXTERNAL', KeySpec, KeyUsage })).rejects.toMatchObject({ code: 'UnsupportedOperationException' })
  })

  it('is refused as a multi-Region key', async () => {
    await expect(api.kms.CreateKey({ Origin: 'EXTERNAL', MultiRegion: true })).rejects.toMatchObject({ code: 'UnsupportedOperationException' })
  })

  it('takes no import if its material is made here', async () => {
    const { KeyMetadata } = await api.kms.CreateKey({})
    await expect(parametersFor(KeyMetadata.KeyId)).rejects.toMatchObject({
      code: 'UnsupportedOperationException', message: `${KeyMetadata.Arn} origin is AWS_KMS which is not valid for this operation.`,
    })
  })
})

describe('importing', () => {
  it.each(ALGORITHMS)('brings a symmetric key in by %s', async (algorithm) => {
    const KeyId = await newKey()
    const { KeyMaterialId } = await bring(KeyId, randomBytes(32), FOREVER, algorithm)
    expect((await api.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({
      KeyState: 'Enabled', CurrentKeyMaterialId: KeyMaterialId, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    })
    expect(await decrypt(await encrypt(KeyId, 'attack at dawn'))).toBe('attack at dawn')
    await expectTidy(KeyId)
  })

  it.each([[224, 28], [256, 32], [384, 48], [512, 64]] as const)('brings an HMAC_%s key in, which is the same key', async (bits, length) => {
    const KeyId = await newKey({ KeySpec: `HMAC_${bits}`, KeyUsage: 'GENERATE_VERIFY_MAC' })
    const value = randomBytes(length)
    await bring(KeyId, value)
    const { Mac } = await api.kms.GenerateMac({ KeyId, Message: bytes('x'), MacAlgorithm: `HMAC_SHA_${bits}` })
    expect(Buffer.from(Mac)).toEqual(createHmac(`sha${bits}`, value).update('x').digest())
    await expectTidy(KeyId)
  })

  it.each([
    ['RSA_2048', 'SIGN_VERIFY', () => generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RSASSA_PSS_SHA_256'],
    ['ECC_NIST_P256', 'SIGN_VERIFY', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ECDSA_SHA_256'],
    ['ECC_NIST_P384', 'SIGN_VERIFY', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'ECDSA_SHA_384'],
    ['ECC_NIST_P521', 'SIGN_VERIFY', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), 'ECDSA_SHA_512'],
    ['ECC_SECG_P256K1', 'SIGN_VERIFY', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'ECDSA_SHA_256'],
    ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', () => generateKeyPairSync('ed25519'), 'ED25519_SHA_512'],
  ] as const)('brings a pair of %s in, which signs and comes back after deletion', async (KeySpec, KeyUsage, generate, SigningAlgorithm) => {
    const { privateKey, publicKey } = generate()
    const KeyId = await newKey({ KeySpec, KeyUsage })
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
    await bring(KeyId, pkcs8, FOREVER, 'RSA_AES_KEY_WRAP_SHA_256')
    const shown = await api.kms.GetPublicKey({ KeyId })
    expect(Buffer.from(shown.PublicKey)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
    const message = bytes('signed')
    const { Signature } = await api.kms.Sign({ KeyId, Message: message, SigningAlgorithm })
    const hash = KeySpec === 'ECC_NIST_EDWARDS25519' ? null : `sha${SigningAlgorithm.slice(-3)}`
    expect(verify(hash, message, KeySpec === 'RSA_2048' ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : publicKey, Signature)).toBe(true)
    await api.kms.DeleteImportedKeyMaterial({ KeyId })
    await expect(api.kms.Sign({ KeyId, Message: message, SigningAlgorithm })).rejects.toMatchObject({ code: 'KMSInvalidStateException' })
    const other = generate().privateKey.export({ format: 'der', type: 'pkcs8' })
    await expect(bring(KeyId, other, FOREVER, 'RSA_AES_KEY_WRAP_SHA_256')).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    await bring(KeyId, pkcs8, FOREVER, 'RSA_AES_KEY_WRAP_SHA_1')
    expect(await state(KeyId)).toBe('Enabled')
    expect((await api.kms.Verify({ KeyId, Message: message, Signature, SigningAlgorithm })).SignatureValid).toBe(true)
  })

  it('brings an RSA key in that decrypts, and a P-256 key that agrees', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const decrypts = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
    await bring(decrypts, rsa.privateKey.export({ format: 'der', type: 'pkcs8' }), FOREVER, 'RSA_AES_KEY_WRAP_SHA_256')
    const CiphertextBlob = publicEncrypt({ key: rsa.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes('x'))
    expect(text((await api.kms.Decrypt({ KeyId: decrypts, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).Plaintext)).toBe('x')
    const agrees = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await bring(agrees, pair.privateKey.export({ format: 'der', type: 'pkcs8' }))
    expect((await api.kms.DeriveSharedSecret({ KeyId: agrees, KeyAgreementAlgorithm: 'ECDH', PublicKey: pair.publicKey.export({ format: 'der', type: 'spki' }) })).SharedSecret).toHaveLength(32)
  })

  it('refuses algorithms that cannot carry the material', async () => {
    const rsa = await newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
    await expect(parametersFor(rsa)).rejects.toMatchObject({ code: 'ValidationException' })
    const p521 = await newKey({ KeySpec: 'ECC_NIST_P521', KeyUsage: 'SIGN_VERIFY' })
    await expect(parametersFor(p521)).rejects.toMatchObject({ code: 'ValidationException' })
  })
})

describe('what is no import', () => {
  let KeyId: string
  beforeEach(async () => { KeyId = await newKey() })

  it.each(ALGORITHMS)('is refused by %s where it is wrapped wrongly, cut, or of another length', async (algorithm) => {
    const { ImportToken, PublicKey } = await parametersFor(KeyId, algorithm)
    const right = wrap(algorithm, PublicKey, randomBytes(32))
    const flipped = Buffer.from(right)
    flipped[7]! ^= 1
    const other = wrap(algorithm.endsWith('SHA_1') ? 'RSAES_OAEP_SHA_256' : 'RSAES_OAEP_SHA_1', PublicKey, randomBytes(32))
    const tried = (EncryptedKeyMaterial: Uint8Array) => api.kms.ImportKeyMaterial({ KeyId, ImportToken: Uint8Array.from(ImportToken), EncryptedKeyMaterial, ...FOREVER })
    for (const wrong of [flipped, right.subarray(1), right.subarray(0, -1), randomBytes(20), other]) await expect(tried(wrong)).rejects.toMatchObject({ code: 'InvalidCiphertextException' })
    for (const length of [1, 16, 31, 33]) await expect(tried(wrap(algorithm, PublicKey, randomBytes(length)))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    expect(await state(KeyId)).toBe('PendingImport')
    // The pair was not used up by what did not open.
    await tried(right)
    await expectTidy(KeyId)
  })

  it('is another key\'s token, a used one, an altered one, one of another length', async () => {
    const given = await parametersFor(KeyId)
    const other = await newKey()
    const tried = (key: string, ImportToken: Uint8Array) =>
      api.kms.ImportKeyMaterial({ KeyId: key, ImportToken: Uint8Array.from(ImportToken), EncryptedKeyMaterial: wrap('RSAES_OAEP_SHA_256', given.PublicKey, randomBytes(32)), ...FOREVER })
    const invalid = { code: 'InvalidImportTokenException' }
    await expect(tried(other, given.ImportToken)).rejects.toMatchObject(invalid)
    for (let at = 0; at < given.ImportToken.length; at++) {
      const altered = Uint8Array.from(given.ImportToken)
      altered[at]! ^= 1 << (at % 8)
      await expect(tried(KeyId, altered)).rejects.toMatchObject(invalid)
    }
    for (const length of [1, 64, 104]) await expect(tried(KeyId, given.ImportToken.subarray(0, length))).rejects.toMatchObject(invalid)
    await expect(tried(KeyId, Buffer.concat([given.ImportToken, Buffer.alloc(1)]))).rejects.toMatchObject(invalid)
    for (let i = 0; i < 50; i++) await expect(tried(KeyId, randomBytes(1 + (i * 7) % 200))).rejects.toMatchObject(invalid)
    await tried(KeyId, given.ImportToken)
    await expect(tried(KeyId, given.ImportToken)).rejects.toMatchObject(invalid)
    await expectTidy(KeyId)
  })

  it('is a token after 24 hours; its pair is destroyed', async () => {
    const { ImportToken, PublicKey, ParametersValidTo } = await parametersFor(KeyId)
    expect(ParametersValidTo.getTime() - clocks.now()).toBe(DAY)
    await later(DAY)
    const call = { KeyId, ImportToken, EncryptedKeyMaterial: wrap('RSAES_OAEP_SHA_256', PublicKey, randomBytes(32)), ...FOREVER }
    await expect(api.kms.ImportKeyMaterial(call)).rejects.toMatchObject({ code: 'ExpiredImportTokenException' })
    expect(await objects()).toContain('rsa-2048-unwrap')
    await vault.holdfast.vault.look()
    await expectTidy(KeyId)
  })

  it('is an expiration in the past, too far ahead, or that does not fit its model', async () => {
    const value = randomBytes(32)
    const invalid = { code: 'ValidationException' }
    await expect(bring(KeyId, value, {})).rejects.toMatchObject({ ...invalid, message: 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES' })
    for (const at of [clocks.now(), clocks.now() + 365 * DAY + 1000]) await expect(bring(KeyId, value, { ValidTo: new Date(at) })).rejects.toMatchObject(invalid)
    await expect(bring(KeyId, value, { ...FOREVER, ValidTo: new Date(clocks.now() + DAY) })).rejects.toMatchObject(invalid)
  })
})

describe('deleting imported material', () => {
  it('makes the key useless until the same bytes come back, and nothing else may', async () => {
    const KeyId = await newKey()
    const value = randomBytes(32)
    const { KeyMaterialId, KeyId: arn } = await bring(KeyId, value)
    const sealed = await encrypt(KeyId, 'kept')
    const before = await materials()
    expect(await api.kms.DeleteImportedKeyMaterial({ KeyId })).toEqual({ KeyId: arn, KeyMaterialId })
    expect(await materials()).toBe(before - 1)
    expect(await state(KeyId)).toBe('PendingImport')
    await expect(decrypt(sealed)).rejects.toMatchObject({ code: 'KMSInvalidStateException', message: `${arn} is pending import.` })
    await expect(bring(KeyId, randomBytes(32))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    await expect(bring(KeyId, value, { ...FOREVER, KeyMaterialId: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
    expect(await bring(KeyId, value)).toEqual({ KeyId: arn, KeyMaterialId })
    expect(await decrypt(sealed)).toBe('kept')
  })

  it('leaves a key that is pending deletion so, and a cancelled deletion waits for the import', async () => {
    const KeyId = await newKey()
    const value = randomBytes(32)
    await bring(KeyId, value)
    await api.kms.ScheduleKeyDeletion({ KeyId })
    await api.kms.DeleteImportedKeyMaterial({ KeyId })
    expect(await state(KeyId)).toBe('PendingDeletion')
    await api.kms.CancelKeyDeletion({ KeyId })
    expect(await state(KeyId)).toBe('PendingImport')
    await bring(KeyId, value)
    expect(await state(KeyId)).toBe('Enabled')
  })
})

describe('material that expires', () => {
  it('is destroyed at its time, recorded, and comes back', async () => {
    const KeyId = await newKey()
    const value = randomBytes(32)
    const ValidTo = new Date(clocks.now() + DAY)
    await bring(KeyId, value, { ValidTo })
    expect((await api.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo })
    const sealed = await encrypt(KeyId, 'kept')
    const before = await materials()
    await later(DAY - 1)
    await vault.holdfast.vault.look()
    expect(await state(KeyId)).toBe('Enabled')
    await later(1)
    await vault.holdfast.vault.look()
    expect(await state(KeyId)).toBe('PendingImport')
    expect(await materials()).toBe(before - 1)
    expect(store.read((tables) => tables.audit.latest(undefined, 30).map(({ leaf }) => text(leaf))).some((leaf) => leaf.includes('DeleteExpiredKeyMaterial'))).toBe(true)
    await bring(KeyId, value)
    expect(await decrypt(sealed)).toBe('kept')
  })

  it('lives longer if it is imported again in time', async () => {
    const KeyId = await newKey()
    const value = randomBytes(32)
    await bring(KeyId, value, { ValidTo: new Date(clocks.now() + DAY) })
    await bring(KeyId, value, { ValidTo: new Date(clocks.now() + 9 * DAY) })
    await later(8 * DAY)
    await vault.holdfast.vault.look()
    expect(await state(KeyId)).toBe('Enabled')
  })

  it('stays while the clock is behind one that was seen', async () => {
    const KeyId = await newKey()
    await vault.holdfast.vault.look()
    const seen = clocks.now()
    clocks.setWall(seen - 30 * DAY)
    await later(0)
    await bring(KeyId, randomBytes(32), { ValidTo: new Date(clocks.now() + DAY) })
    await later(2 * DAY)
    await vault.holdfast.vault.look()
    expect(await state(KeyId)).toBe('Enabled')
    clocks.setWall(seen)
    await later(0)
    await vault.holdfast.vault.look()
    expect(await state(KeyId)).toBe('PendingImport')
  })
})

describe('rotation with imported material', () => {
  it('takes new material, waits, rotates on demand, and opens what was sealed before', async () => {
    const KeyId = await newKey()
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const one = await bring(KeyId, first)
    const old = await encrypt(KeyId, 'old')
    await expect(api.kms.RotateKeyOnDemand({ KeyId })).rejects.toMatchObject({
      code: 'KMSInvalidStateException', message: `No available key material pending rotation for the key: ${one.KeyId}.`,
    })
    clocks.pass(1000)
    const two = await bring(KeyId, second, { ValidTo: new Date(clocks.now() + 9 * DAY), ImportType: 'NEW_KEY_MATERIAL', KeyMaterialDescription: 'ceremony 2' })
    expect((await api.kms.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId).toBe(one.KeyMaterialId)
    await expect(bring(KeyId, randomBytes(32), { ...FOREVER, ImportType: 'NEW_KEY_MATERIAL' })).rejects.toMatchObject({
      code: 'KMSInvalidStateException', message: expect.stringMatching(new RegExp(`^New key material \\(id: [0-9a-f]{64}\\) cannot be imported into KMS key ${KeyId}, because another key material \\(id: ${two.KeyMaterialId}\\) is pending rotation.$`)),
    })
    const listed = async () => (await api.kms.ListKeyRotations({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations
    expect(await listed()).toEqual([
      { KeyId: one.KeyId, KeyMaterialId: one.KeyMaterialId, KeyMaterialState: 'CURRENT', ImportState: 'IMPORTED', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' },
      expect.objectContaining({ KeyMaterialId: two.KeyMaterialId, KeyMaterialState: 'PENDING_ROTATION', KeyMaterialDescription: 'ceremony 2', ExpirationModel: 'KEY_MATERIAL_EXPIRES' }),
    ])
    await api.kms.RotateKeyOnDemand({ KeyId })
    expect((await api.kms.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId).toBe(two.KeyMaterialId)
    expect((await listed()).map(({ KeyMaterialState, RotationType }) => [KeyMaterialState, RotationType])).toEqual([['NON_CURRENT', undefined], ['CURRENT', 'ON_DEMAND']])
    expect(await decrypt(old)).toBe('old')
    expect(await decrypt(await encrypt(KeyId, 'new'))).toBe('new')
    // Without any one of its materials the key is of no use.
    await api.kms.DeleteImportedKeyMaterial({ KeyId, KeyMaterialId: one.KeyMaterialId })
    expect(await state(KeyId)).toBe('PendingImport')
    expect((await listed())[0]).toMatchObject({ ImportState: 'PENDING_IMPORT' })
    await bring(KeyId, first)
    expect(await state(KeyId)).toBe('Enabled')
    expect(await decrypt(old)).toBe('old')
  })

  it('lets go of material that waits, and takes another', async () => {
    const KeyId = await newKey()
    await bring(KeyId, randomBytes(32))
    const two = await bring(KeyId, randomBytes(32), { ...FOREVER, ImportType: 'NEW_KEY_MATERIAL' })
    await api.kms.DeleteImportedKeyMaterial({ KeyId, KeyMaterialId: two.KeyMaterialId })
    expect(await state(KeyId)).toBe('Enabled')
    const three = await bring(KeyId, randomBytes(32), { ...FOREVER, ImportType: 'NEW_KEY_MATERIAL' })
    await api.kms.RotateKeyOnDemand({ KeyId })
    expect((await api.kms.DescribeKey({ KeyId })).KeyMetadata.CurrentKeyMaterialId).toBe(three.KeyMaterialId)
    await expectTidy(KeyId)
  })

  it('is for symmetric keys only', async () => {
    const KeyId = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    await expect(bring(KeyId, randomBytes(32), { ...FOREVER, ImportType: 'NEW_KEY_MATERIAL' })).rejects.toMatchObject({ code: 'ValidationException' })
    await bring(KeyId, randomBytes(32))
    await expect(bring(KeyId, randomBytes(32))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' })
  })
})

it('the trail keeps neither token nor material', () => {
  const trail = store.read((tables) => tables.audit.page(0, 10_000)).map(({ leaf }) => text(leaf)).join('\n')
  expect(trail).toContain('ImportKeyMaterial')
  for (const word of ['importToken', 'encryptedKeyMaterial']) expect(trail).not.toContain(word)
})
