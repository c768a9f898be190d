import {
  constants, createHash, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, randomBytes, sign, verify, type KeyObject,
} from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '#core/vocabulary/failures.ts'
import { bytes, temporaryVault, type TemporaryVault } from './temporary-vault.ts'

// Every key spec and what it is for, on a real token, against node:crypto. Texts: the real service's, as far as they are known.

const RSA_SIGNING = [
  'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512', 'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512',
]
const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256']

type KeyCase = readonly [spec: string, usage: string, lists: Record<string, string[]>, protection?: string]

/** KeySpec, KeyUsage, the list that KeyMetadata has for it, and how the material is held. */
const keys: readonly KeyCase[] = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }],
  ['HMAC_224', 'GENERATE_VERIFY_MAC', { MacAlgorithms: ['HMAC_SHA_224'] }],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', { MacAlgorithms: ['HMAC_SHA_256'] }],
  ['HMAC_384', 'GENERATE_VERIFY_MAC', { MacAlgorithms: ['HMAC_SHA_384'] }],
  ['HMAC_512', 'GENERATE_VERIFY_MAC', { MacAlgorithms: ['HMAC_SHA_512'] }],
  ...['RSA_2048', 'RSA_3072', 'RSA_4096'].flatMap((spec) => [
    [spec, 'ENCRYPT_DECRYPT', { EncryptionAlgorithms: RSA_ENCRYPTION }] as const,
    [spec, 'SIGN_VERIFY', { SigningAlgorithms: RSA_SIGNING }] as const,
  ]),
  ['ECC_NIST_P256', 'SIGN_VERIFY', { SigningAlgorithms: ['ECDSA_SHA_256'] }],
  ['ECC_NIST_P384', 'SIGN_VERIFY', { SigningAlgorithms: ['ECDSA_SHA_384'] }],
  ['ECC_NIST_P521', 'SIGN_VERIFY', { SigningAlgorithms: ['ECDSA_SHA_512'] }],
  ['ECC_NIST_P256', 'KEY_AGREEMENT', { KeyAgreementAlgorithms: ['ECDH'] }],
  ['ECC_NIST_P384', 'KEY_AGREEMENT', { KeyAgreementAlgorithms: ['ECDH'] }],
  ['ECC_NIST_P521', 'KEY_AGREEMENT', { KeyAgreementAlgorithms: ['ECDH'] }],
  ['ECC_SECG_P256K1', 'SIGN_VERIFY', { SigningAlgorithms: ['ECDSA_SHA_256'] }],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', { SigningAlgorithms: ['ED25519_SHA_512'] }],
  ['ML_DSA_44', 'SIGN_VERIFY', { SigningAlgorithms: ['ML_DSA_SHAKE_256'] }, 'SEALED'],
  ['ML_DSA_65', 'SIGN_VERIFY', { SigningAlgorithms: ['ML_DSA_SHAKE_256'] }, 'SEALED'],
  ['ML_DSA_87', 'SIGN_VERIFY', { SigningAlgorithms: ['ML_DSA_SHAKE_256'] }, 'SEALED'],
  ['ML_KEM_512', 'ENCAPSULATE_DECAPSULATE', { EncapsulationAlgorithms: ['ML_KEM'] }, 'SEALED'],
  ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', { EncapsulationAlgorithms: ['ML_KEM'] }, 'SEALED'],
  ['ML_KEM_1024', 'ENCAPSULATE_DECAPSULATE', { EncapsulationAlgorithms: ['ML_KEM'] }, 'SEALED'],
]

const LISTS = ['EncryptionAlgorithms', 'SigningAlgorithms', 'MacAlgorithms', 'KeyAgreementAlgorithms', 'EncapsulationAlgorithms']

/** For `it.each`: as many columns in every row. */
function cases(rows: readonly KeyCase[]): (readonly [spec: string, usage: string, more: { lists: Record<string, string[]>; protection: string }])[] {
  return rows.map(([spec, usage, lists, protection = 'HSM']) => [spec, usage, { lists, protection }])
}

let vault: TemporaryVault
/** One key of each spec and usage, by both. */
const made = new Map<string, { KeyId: string; Arn: string }>()

beforeAll(async () => {
  vault = await temporaryVault()
  for (const [KeySpec, KeyUsage] of keys) {
    const { KeyMetadata } = await vault.api.kms.CreateKey({ KeySpec, KeyUsage })
    made.set(`${KeySpec} ${KeyUsage}`, KeyMetadata)
  }
}, 60_000)

afterAll(() => vault[Symbol.asyncDispose]())

function key(spec: string, usage: string): { KeyId: string; Arn: string } {
  const found = made.get(`${spec} ${usage}`)
  if (found === undefined) throw new Error(`no ${spec} for ${usage}`)
  return found
}

async function outside(KeyId: string): Promise<KeyObject> {
  return createPublicKey({ key: Buffer.from((await vault.api.kms.GetPublicKey({ KeyId })).PublicKey), format: 'der', type: 'spki' })
}

describe('every key spec', () => {
  it.each(cases(keys))('%s for %s is described with its algorithms', async (KeySpec, KeyUsage, { lists, protection }) => {
    const { KeyId } = key(KeySpec, KeyUsage)
    const { KeyMetadata } = await vault.api.kms.DescribeKey({ KeyId })
    expect(KeyMetadata).toMatchObject({ KeySpec, CustomerMasterKeySpec: KeySpec, KeyUsage, KeyState: 'Enabled', Origin: 'AWS_KMS', ...lists })
    expect(LISTS.filter((list) => list in KeyMetadata)).toEqual(Object.keys(lists))
    expect('CurrentKeyMaterialId' in KeyMetadata).toBe(KeySpec === 'SYMMETRIC_DEFAULT')
    expect((await vault.api.kms.ListResourceTags({ KeyId })).Tags).toEqual([{ TagKey: 'holdfast:protection', TagValue: protection }])
  })

  it.each(keys.filter(([spec]) => spec !== 'SYMMETRIC_DEFAULT').map(([spec]) => spec))('%s needs a usage, and takes only its own', async (KeySpec) => {
    const allowed = keys.filter(([spec]) => spec === KeySpec).map(([, usage]) => usage)
    expect(await failure(vault.api.kms.CreateKey({ KeySpec }))).toEqual([
      'ValidationException', 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    ])
    for (const KeyUsage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT', 'ENCAPSULATE_DECAPSULATE'].filter((usage) => !allowed.includes(usage))) {
      expect(await failure(vault.api.kms.CreateKey({ KeySpec, KeyUsage }))).toEqual(['ValidationException', `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`])
    }
  })

  it('refuses specs that nobody has, and those of another country', async () => {
    expect((await failure(vault.api.kms.CreateKey({ KeySpec: 'RSA_1024', KeyUsage: 'SIGN_VERIFY' })))[0]).toBe('ValidationException')
    expect((await failure(vault.api.kms.CreateKey({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' })))[0]).toBe('UnsupportedOperationException')
  })
})

/** An operation with members that suit any key, and the usage that it needs. */
const operations: readonly (readonly [name: string, usage: string, call: (KeyId: string) => Promise<unknown>])[] = [
  ['Sign', 'SIGN_VERIFY', (KeyId) => vault.api.kms.Sign({ KeyId, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' })],
  ['Verify', 'SIGN_VERIFY', (KeyId) => vault.api.kms.Verify({ KeyId, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256', Signature: bytes('x') })],
  ['GenerateMac', 'GENERATE_VERIFY_MAC', (KeyId) => vault.api.kms.GenerateMac({ KeyId, Message: bytes('x'), MacAlgorithm: 'HMAC_SHA_256' })],
  ['VerifyMac', 'GENERATE_VERIFY_MAC', (KeyId) => vault.api.kms.VerifyMac({ KeyId, Message: bytes('x'), MacAlgorithm: 'HMAC_SHA_256', Mac: bytes('x') })],
  ['DeriveSharedSecret', 'KEY_AGREEMENT', (KeyId) => vault.api.kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: bytes('x') })],
  ['Encapsulate', 'ENCAPSULATE_DECAPSULATE', (KeyId) => vault.api.kms.Encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })],
  ['Decapsulate', 'ENCAPSULATE_DECAPSULATE', (KeyId) => vault.api.kms.Decapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: bytes('x') })],
  ['Encrypt', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })],
  ['Decrypt', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.Decrypt({ KeyId, CiphertextBlob: bytes('x') })],
  ['GenerateDataKey', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })],
  ['GenerateDataKeyWithoutPlaintext', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' })],
  ['GenerateDataKeyPair', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })],
  ['GenerateDataKeyPairWithoutPlaintext', 'ENCRYPT_DECRYPT', (KeyId) => vault.api.kms.GenerateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })],
]

describe.each(operations)('%s', (name, needed, call) => {
  it.each(cases(keys.filter(([, usage]) => usage !== needed)))('is not for %s keys for %s', async (spec, usage) => {
    const { KeyId, Arn } = key(spec, usage)
    expect(await failure(call(KeyId))).toEqual(['InvalidKeyUsageException', `${Arn} key usage is ${usage} which is not valid for ${name}.`])
  })
})

describe('GetPublicKey', () => {
  it.each(cases(keys))('of %s for %s', async (KeySpec, KeyUsage, { lists }) => {
    const { KeyId, Arn } = key(KeySpec, KeyUsage)
    if (KeySpec === 'SYMMETRIC_DEFAULT' || KeySpec.startsWith('HMAC')) {
      expect((await failure(vault.api.kms.GetPublicKey({ KeyId })))[0]).toBe('UnsupportedOperationException')
      return
    }
    const answer = await vault.api.kms.GetPublicKey({ KeyId })
    expect(answer).toMatchObject({ KeyId: Arn, KeySpec, CustomerMasterKeySpec: KeySpec, KeyUsage, ...lists })
    expect(LISTS.filter((list) => list in answer)).toEqual(Object.keys(lists))
    // node:crypto reads it, and writes the very same.
    expect(Uint8Array.from((await outside(KeyId)).export({ format: 'der', type: 'spki' }))).toEqual(answer.PublicKey)
  })
})

describe('MACs', () => {
  const sizes = { HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 }

  it.each(Object.entries(sizes))('of %s have %i bytes and hold for this message, key and algorithm only', async (spec, length) => {
    const { KeyId, Arn } = key(spec, 'GENERATE_VERIFY_MAC')
    const MacAlgorithm = spec.replace('_', '_SHA_')
    const Message = bytes('hello')
    const { Mac, ...answer } = await vault.api.kms.GenerateMac({ KeyId, Message, MacAlgorithm })
    expect(answer).toEqual({ KeyId: Arn, MacAlgorithm })
    expect(Mac).toHaveLength(length)
    expect(await vault.api.kms.VerifyMac({ KeyId, Message, MacAlgorithm, Mac })).toEqual({ KeyId: Arn, MacAlgorithm, MacValid: true })
    const invalid = ['KMSInvalidMacException', '']
    expect(await failure(vault.api.kms.VerifyMac({ KeyId, Message: bytes('hallo'), MacAlgorithm, Mac }))).toEqual(invalid)
    expect(await failure(vault.api.kms.VerifyMac({ KeyId, Message, MacAlgorithm, Mac: flipped(Mac, 3) }))).toEqual(invalid)
    expect(await failure(vault.api.kms.VerifyMac({ KeyId, Message, MacAlgorithm, Mac: Mac.subarray(1) }))).toEqual(invalid)
    const { KeyMetadata: other } = await vault.api.kms.CreateKey({ KeySpec: spec, KeyUsage: 'GENERATE_VERIFY_MAC' })
    expect(await failure(vault.api.kms.VerifyMac({ KeyId: other.KeyId, Message, MacAlgorithm, Mac }))).toEqual(invalid)
    for (const wrong of ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'].filter((algorithm) => algorithm !== MacAlgorithm)) {
      expect(await failure(vault.api.kms.GenerateMac({ KeyId, Message, MacAlgorithm: wrong }))).toEqual([
        'InvalidKeyUsageException', `Algorithm ${wrong} is incompatible with key spec ${spec}.`,
      ])
    }
  })

  it('are of 1 to 4096 bytes', async () => {
    const { KeyId } = key('HMAC_256', 'GENERATE_VERIFY_MAC')
    const mac = (length: number) => vault.api.kms.GenerateMac({ KeyId, Message: new Uint8Array(length), MacAlgorithm: 'HMAC_SHA_256' })
    expect((await mac(1)).Mac).toHaveLength(32)
    expect((await mac(4096)).Mac).toHaveLength(32)
    expect((await failure(mac(0)))[0]).toBe('ValidationException')
    expect((await failure(mac(4097)))[0]).toBe('ValidationException')
    expect(await failure(vault.api.kms.GenerateMac({ KeyId, Message: bytes('x'), MacAlgorithm: 'INVALID' }))).toEqual([
      'ValidationException',
      "1 validation error detected: Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
    ])
  })
})

/** How node:crypto verifies an algorithm. */
function nodeVerifies(publicKey: KeyObject, algorithm: string, message: Uint8Array, signature: Uint8Array): boolean {
  const hash = /SHA_(256|384|512)$/.exec(algorithm)?.[1]
  if (!algorithm.includes('RSA') && !algorithm.startsWith('ECDSA')) return verify(null, message, publicKey, signature)
  const how = algorithm.includes('PSS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(hash) / 8 } : {}
  return verify(`sha${hash ?? ''}`, message, { key: publicKey, ...how }, signature)
}

function digestOf(algorithm: string, message: Uint8Array): Buffer {
  return createHash(`sha${/SHA_(\d+)$/.exec(algorithm)?.[1] ?? ''}`).update(message).digest()
}

const signers = keys.flatMap(([spec, usage, lists]) => (usage === 'SIGN_VERIFY' ? (lists['SigningAlgorithms'] ?? []).map((algorithm) => [spec, algorithm] as const) : []))
const hashing = signers.filter(([, algorithm]) => !/ED25519|ML_DSA/.test(algorithm))

describe('signatures', () => {
  it.each(signers)('of %s by %s hold outside and here, for 0, 1 and 4096 bytes', async (spec, SigningAlgorithm) => {
    const { KeyId, Arn } = key(spec, 'SIGN_VERIFY')
    const publicKey = await outside(KeyId)
    for (const length of [0, 1, 4096]) {
      const Message = Uint8Array.from(randomBytes(length))
      const { Signature, ...answer } = await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm })
      expect(answer).toEqual({ KeyId: Arn, SigningAlgorithm })
      expect(nodeVerifies(publicKey, SigningAlgorithm, Message, Signature)).toBe(true)
      expect(await vault.api.kms.Verify({ KeyId, Message, SigningAlgorithm, Signature })).toEqual({ KeyId: Arn, SigningAlgorithm, SignatureValid: true })
    }
    const Message = bytes('hello')
    expect((await failure(vault.api.kms.Sign({ KeyId, Message: new Uint8Array(4097), SigningAlgorithm })))[0]).toBe('ValidationException')
    const { Signature } = await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm })
    const invalid = ['KMSInvalidSignatureException', '']
    for (const bad of [flipped(Signature, 5), flipped(Signature, Signature.length - 1), Signature.subarray(1), Uint8Array.of(...Signature, 0), bytes('x')]) {
      expect(await failure(vault.api.kms.Verify({ KeyId, Message, SigningAlgorithm, Signature: bad }))).toEqual(invalid)
    }
    expect(await failure(vault.api.kms.Verify({ KeyId, Message: bytes('hallo'), SigningAlgorithm, Signature }))).toEqual(invalid)
  })

  it.each(hashing)('of %s by %s are the same over a digest', async (spec, SigningAlgorithm) => {
    const { KeyId } = key(spec, 'SIGN_VERIFY')
    const message = randomBytes(5000)
    const Message = Uint8Array.from(digestOf(SigningAlgorithm, message))
    const { Signature } = await vault.api.kms.Sign({ KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm })
    expect(nodeVerifies(await outside(KeyId), SigningAlgorithm, message, Signature)).toBe(true)
    expect((await vault.api.kms.Verify({ KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm, Signature })).SignatureValid).toBe(true)
    for (const wrong of [Message.subarray(1), Uint8Array.of(...Message, 0), new Uint8Array()]) {
      const text = ['ValidationException', `Digest is invalid length for algorithm ${SigningAlgorithm}.`]
      expect(await failure(vault.api.kms.Sign({ KeyId, Message: wrong, MessageType: 'DIGEST', SigningAlgorithm }))).toEqual(text)
      expect(await failure(vault.api.kms.Verify({ KeyId, Message: wrong, MessageType: 'DIGEST', SigningAlgorithm, Signature }))).toEqual(text)
    }
    expect((await failure(vault.api.kms.Sign({ KeyId, Message: new Uint8Array(64), MessageType: 'EXTERNAL_MU', SigningAlgorithm })))[0]).toBe('ValidationException')
  })

  it.each(signers)('of %s are by no other algorithm than its own, such as %s', async (spec) => {
    const { KeyId } = key(spec, 'SIGN_VERIFY')
    const own = signers.filter(([other]) => other === spec).map(([, algorithm]) => algorithm)
    const all = new Set(signers.map(([, algorithm]) => algorithm))
    for (const SigningAlgorithm of [...all].filter((algorithm) => !own.includes(algorithm))) {
      expect(await failure(vault.api.kms.Sign({ KeyId, Message: bytes('x'), SigningAlgorithm }))).toEqual([
        'InvalidKeyUsageException', `Algorithm ${SigningAlgorithm} is incompatible with key spec ${spec}.`,
      ])
    }
  })

  it('of Ed25519 are pure, over the message: a digest and the prehashed variant are refused', async () => {
    const { KeyId } = key('ECC_NIST_EDWARDS25519', 'SIGN_VERIFY')
    const call = (MessageType: string, SigningAlgorithm: string) => vault.api.kms.Sign({ KeyId, Message: new Uint8Array(64), MessageType, SigningAlgorithm })
    expect((await call('RAW', 'ED25519_SHA_512')).Signature).toHaveLength(64)
    expect((await failure(call('DIGEST', 'ED25519_SHA_512')))[0]).toBe('ValidationException')
    expect((await failure(call('DIGEST', 'ED25519_PH_SHA_512')))[0]).toBe('UnsupportedOperationException')
  })

  it('verify whoever made them: low and high s, and those of node:crypto', async () => {
    const { KeyId } = key('ECC_SECG_P256K1', 'SIGN_VERIFY')
    const Message = bytes('either s')
    const { Signature } = await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' })
    const other = otherS(Signature)
    expect(other).not.toEqual(Signature)
    expect((await vault.api.kms.Verify({ KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256', Signature: other })).SignatureValid).toBe(true)
  })
})

describe('RSA encryption', () => {
  const limits: readonly (readonly [spec: string, algorithm: string, limit: number])[] = [
    ['RSA_2048', 'RSAES_OAEP_SHA_1', 214], ['RSA_2048', 'RSAES_OAEP_SHA_256', 190],
    ['RSA_3072', 'RSAES_OAEP_SHA_1', 342], ['RSA_3072', 'RSAES_OAEP_SHA_256', 318],
    ['RSA_4096', 'RSAES_OAEP_SHA_1', 470], ['RSA_4096', 'RSAES_OAEP_SHA_256', 446],
  ]

  it.each(limits)('%s with %s takes up to %i bytes', async (spec, EncryptionAlgorithm, limit) => {
    const { KeyId, Arn } = key(spec, 'ENCRYPT_DECRYPT')
    const oaepHash = EncryptionAlgorithm.endsWith('_1') ? 'sha1' : 'sha256'
    for (const length of [1, limit - 1, limit]) {
      const Plaintext = Uint8Array.from(randomBytes(length))
      const { CiphertextBlob, ...answer } = await vault.api.kms.Encrypt({ KeyId, Plaintext: Uint8Array.from(Plaintext), EncryptionAlgorithm })
      expect(answer).toEqual({ KeyId: Arn, EncryptionAlgorithm })
      expect(CiphertextBlob).toHaveLength(Number(spec.slice(4)) / 8)
      expect(await vault.api.kms.Decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm })).toEqual({ KeyId: Arn, EncryptionAlgorithm, Plaintext })
      const theirs = Uint8Array.from(publicEncrypt({ key: await outside(KeyId), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, Plaintext))
      expect((await vault.api.kms.Decrypt({ KeyId, CiphertextBlob: theirs, EncryptionAlgorithm })).Plaintext).toEqual(Plaintext)
    }
    expect(await failure(vault.api.kms.Encrypt({ KeyId, Plaintext: new Uint8Array(limit + 1), EncryptionAlgorithm }))).toEqual([
      'ValidationException', `Algorithm ${EncryptionAlgorithm} and key spec ${spec} cannot encrypt data larger than ${limit} bytes.`,
    ])
  })

  it('opens nothing that was altered, cut, or is under another key or algorithm', async () => {
    const { KeyId } = key('RSA_2048', 'ENCRYPT_DECRYPT')
    for (const EncryptionAlgorithm of RSA_ENCRYPTION) {
      const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionAlgorithm })
      const open = (blob: Uint8Array, more = {}) => vault.api.kms.Decrypt({ KeyId, CiphertextBlob: blob, EncryptionAlgorithm, ...more })
      const invalid = ['InvalidCiphertextException', '']
      for (const bad of [flipped(CiphertextBlob, 100), CiphertextBlob.subarray(1), Uint8Array.of(0, ...CiphertextBlob), new Uint8Array(256), new Uint8Array(256).fill(0xff)]) {
        expect(await failure(open(bad))).toEqual(invalid)
      }
      expect(await failure(open(CiphertextBlob, { EncryptionAlgorithm: RSA_ENCRYPTION.find((other) => other !== EncryptionAlgorithm) }))).toEqual(invalid)
      expect((await failure(vault.api.kms.Decrypt({ CiphertextBlob, EncryptionAlgorithm })))[0]).toBe('ValidationException')
      expect(await failure(open(CiphertextBlob, { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }))).toEqual([
        'InvalidKeyUsageException', 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
      ])
    }
  })

  it('has nothing to bind an encryption context to, and makes no data keys', async () => {
    const { KeyId } = key('RSA_2048', 'ENCRYPT_DECRYPT')
    expect((await failure(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_1', EncryptionContext: { a: 'b' } })))[0]).toBe('ValidationException')
    expect((await failure(vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })))[0]).toBe('InvalidKeyUsageException')
    expect((await failure(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })))[0]).toBe('InvalidKeyUsageException')
  })

  it('re-encrypts from and to symmetric keys', async () => {
    const [symmetric, rsa] = [key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'), key('RSA_3072', 'ENCRYPT_DECRYPT')]
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: symmetric.KeyId, Plaintext: bytes('moving') })
    const there = await vault.api.kms.ReEncrypt({ CiphertextBlob, DestinationKeyId: rsa.KeyId, DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })
    expect(there).toMatchObject({ KeyId: rsa.Arn, SourceKeyId: symmetric.Arn, DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })
    expect(there).not.toHaveProperty('DestinationKeyMaterialId')
    const back = await vault.api.kms.ReEncrypt({
      CiphertextBlob: there.CiphertextBlob, SourceKeyId: rsa.KeyId, SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', DestinationKeyId: symmetric.KeyId,
    })
    expect(new TextDecoder().decode((await vault.api.kms.Decrypt({ CiphertextBlob: back.CiphertextBlob })).Plaintext)).toBe('moving')
  })
})

describe('key agreement', () => {
  it.each([['ECC_NIST_P256', 'P-256'], ['ECC_NIST_P384', 'P-384'], ['ECC_NIST_P521', 'P-521']])('of %s gives what the other side computes', async (spec, namedCurve) => {
    const { KeyId, Arn } = key(spec, 'KEY_AGREEMENT')
    const peer = generateKeyPairSync('ec', { namedCurve })
    const PublicKey = Uint8Array.from(peer.publicKey.export({ format: 'der', type: 'spki' }))
    const answer = await vault.api.kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey })
    const wanted = diffieHellman({ privateKey: peer.privateKey, publicKey: await outside(KeyId) })
    expect(answer).toEqual({ KeyId: Arn, SharedSecret: Uint8Array.from(wanted), KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' })
    const foreign = generateKeyPairSync('ec', { namedCurve: namedCurve === 'P-256' ? 'P-384' : 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
    // Off the curve: the last byte of y is another.
    for (const bad of [Uint8Array.from(foreign), flipped(PublicKey, PublicKey.length - 1), PublicKey.subarray(1), Uint8Array.of(...PublicKey, 0), bytes('x'), new Uint8Array(8192)]) {
      expect((await failure(vault.api.kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: bad })))[0]).toBe('ValidationException')
    }
    expect((await failure(vault.api.kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: new Uint8Array(8193) })))[1]).toMatch(/less than or equal to 8192$/)
    expect(await failure(vault.api.kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'INVALID', PublicKey }))).toEqual([
      'ValidationException',
      "1 validation error detected: Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]",
    ])
  })
})

describe('data key pairs', () => {
  const specs = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519', 'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024']

  it.each(specs)('%s come with the private key sealed and open, and node:crypto reads them', async (KeyPairSpec) => {
    const { KeyId, Arn } = key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')
    const EncryptionContext = { for: KeyPairSpec }
    const pair = await vault.api.kms.GenerateDataKeyPair({ KeyId, KeyPairSpec, EncryptionContext })
    expect(pair).toMatchObject({ KeyId: Arn, KeyPairSpec, KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect((await vault.api.kms.Decrypt({ CiphertextBlob: pair.PrivateKeyCiphertextBlob, EncryptionContext })).Plaintext).toEqual(pair.PrivateKeyPlaintext)
    const privateKey = createPrivateKey({ key: Buffer.from(pair.PrivateKeyPlaintext), format: 'der', type: 'pkcs8' })
    expect(Uint8Array.from(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }))).toEqual(pair.PublicKey)
    if (!KeyPairSpec.startsWith('ML_KEM')) {
      const hash = KeyPairSpec.includes('25519') ? null : 'sha256'
      expect(verify(hash, bytes('x'), createPublicKey(privateKey), sign(hash, bytes('x'), privateKey))).toBe(true)
    }
  })

  it('come without the open private key where that was not asked for', async () => {
    const { KeyId } = key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')
    const pair = await vault.api.kms.GenerateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })
    expect(Object.keys(pair).sort()).toEqual(['KeyId', 'KeyMaterialId', 'KeyPairSpec', 'PrivateKeyCiphertextBlob', 'PublicKey'])
    const opened = await vault.api.kms.Decrypt({ CiphertextBlob: pair.PrivateKeyCiphertextBlob })
    const privateKey = createPrivateKey({ key: Buffer.from(opened.Plaintext), format: 'der', type: 'pkcs8' })
    expect(Uint8Array.from(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }))).toEqual(pair.PublicKey)
    expect((await failure(vault.api.kms.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'SM2' })))[0]).toBe('UnsupportedOperationException')
    expect((await failure(vault.api.kms.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'ML_DSA_44' })))[0]).toBe('ValidationException')
  })
})

describe('all but symmetric keys', () => {
  it.each(cases(keys.filter(([spec]) => spec !== 'SYMMETRIC_DEFAULT')))('%s for %s never rotate', async (spec, usage) => {
    const { KeyId } = key(spec, usage)
    const { kms } = vault.api
    for (const call of [kms.EnableKeyRotation, kms.DisableKeyRotation, kms.GetKeyRotationStatus, kms.ListKeyRotations, kms.RotateKeyOnDemand]) {
      expect(await failure(call({ KeyId }))).toEqual(['UnsupportedOperationException', ''])
    }
  })

  it('take over an alias from a key of the same spec and usage only', async () => {
    const AliasName = 'alias/signer'
    await vault.api.kms.CreateAlias({ AliasName, TargetKeyId: key('ECC_NIST_P256', 'SIGN_VERIFY').KeyId })
    for (const [spec, usage] of [['ECC_NIST_P256', 'KEY_AGREEMENT'], ['ECC_NIST_P384', 'SIGN_VERIFY'], ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT']] as const) {
      expect((await failure(vault.api.kms.UpdateAlias({ AliasName, TargetKeyId: key(spec, usage).KeyId })))[0]).toBe('ValidationException')
    }
    const { KeyMetadata } = await vault.api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    await vault.api.kms.UpdateAlias({ AliasName, TargetKeyId: KeyMetadata.KeyId })
    expect((await vault.api.kms.Sign({ KeyId: AliasName, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' })).KeyId).toBe(KeyMetadata.Arn)
  })

  it('obey their state', async () => {
    const { KeyMetadata: { KeyId, Arn } } = await vault.api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    const call = () => vault.api.kms.Sign({ KeyId, Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' })
    await vault.api.kms.DisableKey({ KeyId })
    expect(await failure(call())).toEqual(['DisabledException', `${Arn} is disabled.`])
    expect(await failure(vault.api.kms.GetPublicKey({ KeyId }))).toEqual(['DisabledException', `${Arn} is disabled.`])
    await vault.api.kms.EnableKey({ KeyId })
    await call()
    expect((await vault.api.kms.GetKeyLastUsage({ KeyId })).KeyLastUsage).toMatchObject({ Operation: 'Sign' })
    await vault.api.kms.ScheduleKeyDeletion({ KeyId })
    expect(await failure(call())).toEqual(['DisabledException', `${Arn} is pending deletion.`])
  })

  it('stop at a dry run after all checks', async () => {
    const DryRun = true
    const dry = ['DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.']
    const { kms } = vault.api
    const [signer, mac, kem] = [key('RSA_2048', 'SIGN_VERIFY'), key('HMAC_256', 'GENERATE_VERIFY_MAC'), key('ML_KEM_512', 'ENCAPSULATE_DECAPSULATE')]
    const Message = bytes('x')
    const PublicKey = (await kms.GetPublicKey({ KeyId: key('ECC_NIST_P256', 'KEY_AGREEMENT').KeyId })).PublicKey
    const calls = [
      kms.Sign({ KeyId: signer.KeyId, Message, SigningAlgorithm: 'RSASSA_PSS_SHA_256', DryRun }),
      kms.Verify({ KeyId: signer.KeyId, Message, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Signature: bytes('x'), DryRun }),
      kms.GenerateMac({ KeyId: mac.KeyId, Message, MacAlgorithm: 'HMAC_SHA_256', DryRun }),
      kms.VerifyMac({ KeyId: mac.KeyId, Message, MacAlgorithm: 'HMAC_SHA_256', Mac: bytes('x'), DryRun }),
      kms.DeriveSharedSecret({ KeyId: key('ECC_NIST_P256', 'KEY_AGREEMENT').KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey, DryRun }),
      kms.Encapsulate({ KeyId: kem.KeyId, EncapsulationAlgorithm: 'ML_KEM', DryRun }),
      kms.Decapsulate({ KeyId: kem.KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: new Uint8Array(768), DryRun }),
      kms.GenerateDataKeyPair({ KeyId: key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT').KeyId, KeyPairSpec: 'RSA_2048', DryRun }),
      kms.Encrypt({ KeyId: key('RSA_2048', 'ENCRYPT_DECRYPT').KeyId, Plaintext: bytes('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_1', DryRun }),
    ]
    for (const call of calls) expect(await failure(call)).toEqual(dry)
  })
})

/** The other signature that ECDSA has for the same message: s and n - s are both right. */
function otherS(signature: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const rLength = signature[3] ?? 0
  const s = BigInt(`0x${Buffer.from(signature.subarray(6 + rLength)).toString('hex')}`)
  const hex = (order - s).toString(16).padStart(64, '0')
  const number = Buffer.from((/^[89a-f]/.test(hex) ? '00' : '') + hex, 'hex')
  const head = signature.subarray(2, 4 + rLength)
  return Uint8Array.of(0x30, head.length + 2 + number.length, ...head, 0x02, number.length, ...number)
}

function flipped(given: Uint8Array, at: number): Uint8Array {
  return given.with(at, (given[at] ?? 0) ^ 1)
}

async function failure(call: Promise<unknown>): Promise<[code: string, message: string]> {
  try {
    await call
  } catch (error) {
    return [error instanceof VaultError ? error.code : String(error), error instanceof Error ? error.message : '']
  }
  return ['none', '']
}
