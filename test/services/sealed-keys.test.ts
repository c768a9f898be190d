import { createHash, createPublicKey, decapsulate, encapsulate, verify, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { MaterialRow, Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId } from '#core/vocabulary/ids.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm } from './watched-ports.ts'

// Keys whose private part no token can use: sealed under a key of their own in the token, opened for one call.

let vault: TemporaryVault
let store: Store
let member: HsmMember

beforeAll(async () => {
  vault = await temporaryVault({
    hsm: watchedHsm(() => undefined, (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
})

afterAll(() => vault[Symbol.asyncDispose]())

async function created(KeySpec: string): Promise<{ KeyId: string; material: MaterialRow; publicKey: KeyObject }> {
  const KeyUsage = KeySpec.startsWith('ML_KEM') ? 'ENCAPSULATE_DECAPSULATE' : 'SIGN_VERIFY'
  const { KeyId } = (await vault.api.kms.CreateKey({ KeySpec, KeyUsage })).KeyMetadata
  const der = (await vault.api.kms.GetPublicKey({ KeyId })).PublicKey
  return { KeyId, material: materialOf(KeyId), publicKey: createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }) }
}

function materialOf(keyId: string): MaterialRow {
  const [row] = store.read((tables) => tables.materials.ofKey(keyId as KeyId))
  if (row === undefined) throw new Error('no material')
  return row
}

describe('encapsulation', () => {
  const sizes = [['ML_KEM_512', 768], ['ML_KEM_768', 1088], ['ML_KEM_1024', 1568]] as const

  it.each(sizes)('of %s shares 32 bytes by %i, with node:crypto on the other side', async (spec, length) => {
    const { KeyId, publicKey } = await created(spec)
    const EncapsulationAlgorithm = 'ML_KEM'
    const made = await vault.api.kms.Encapsulate({ KeyId, EncapsulationAlgorithm })
    expect(made).toMatchObject({ KeyId: expect.stringContaining(KeyId), EncapsulationAlgorithm })
    expect(made.SharedSecret).toHaveLength(32)
    expect(made.SharedSecretCiphertextBlob).toHaveLength(length)
    const open = (SharedSecretCiphertextBlob: Uint8Array) => vault.api.kms.Decapsulate({ KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob })
    expect((await open(made.SharedSecretCiphertextBlob)).SharedSecret).toEqual(made.SharedSecret)

    const theirs = encapsulate(publicKey)
    expect((await open(Uint8Array.from(theirs.ciphertext))).SharedSecret).toEqual(Uint8Array.from(theirs.sharedKey))
    // FIPS 203 rejects implicitly: another secret, and no failure to learn from.
    const altered = Uint8Array.from(theirs.ciphertext)
    altered[length - 1] = (altered[length - 1] ?? 0) ^ 1
    const rejected = await open(Uint8Array.from(altered))
    expect(rejected.SharedSecret).not.toEqual(Uint8Array.from(theirs.sharedKey))
    expect((await open(Uint8Array.from(altered))).SharedSecret).toEqual(rejected.SharedSecret)
    for (const wrong of [length - 1, length + 1, 1]) expect(await failure(open(new Uint8Array(wrong)))).toEqual(['InvalidCiphertextException', ''])
    expect((await failure(open(new Uint8Array(0))))[0]).toBe('ValidationException')
  })

  it.each(sizes)('data key pairs of %s open what was encapsulated to them', async (KeyPairSpec) => {
    const { KeyId } = (await vault.api.kms.CreateKey({})).KeyMetadata
    const pair = await vault.api.kms.GenerateDataKeyPair({ KeyId, KeyPairSpec })
    const { sharedKey, ciphertext } = encapsulate(createPublicKey({ key: Buffer.from(pair.PublicKey), format: 'der', type: 'spki' }))
    const privateKey = { key: Buffer.from(pair.PrivateKeyPlaintext), format: 'der', type: 'pkcs8' } as const
    expect(decapsulate(privateKey, ciphertext).equals(sharedKey)).toBe(true)
  })
})

describe('ML-DSA', () => {
  it.each(['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'])('%s signs a message and its representative alike', async (spec) => {
    const { KeyId, publicKey } = await created(spec)
    const SigningAlgorithm = 'ML_DSA_SHAKE_256'
    const Message = bytes('a message')
    const mu = Uint8Array.from(muOf(publicKey, Message))
    const overMu = (given: Uint8Array) => vault.api.kms.Sign({ KeyId, Message: given, MessageType: 'EXTERNAL_MU', SigningAlgorithm })
    const { Signature } = await overMu(mu)
    expect(verify(null, Message, publicKey, Signature)).toBe(true)
    expect((await vault.api.kms.Verify({ KeyId, Message, SigningAlgorithm, Signature })).SignatureValid).toBe(true)
    const { Signature: plain } = await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm })
    expect((await vault.api.kms.Verify({ KeyId, Message: mu, MessageType: 'EXTERNAL_MU', SigningAlgorithm, Signature: plain })).SignatureValid).toBe(true)
    // Hedged: never the same twice.
    expect((await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm })).Signature).not.toEqual(plain)
    for (const length of [63, 65, 0]) expect(await failure(overMu(new Uint8Array(length)))).toEqual(['ValidationException', `Digest is invalid length for algorithm ${SigningAlgorithm}.`])
    expect((await failure(vault.api.kms.Sign({ KeyId, Message: mu, MessageType: 'DIGEST', SigningAlgorithm })))[0]).toBe('ValidationException')
  })
})

describe('a sealed private key', () => {
  it('lies under a key of its own in the token, which does nothing else', async () => {
    const { material } = await created('ML_DSA_44')
    expect(material).toMatchObject({ kind: 'aes-256', rung: 1, reserved: 0 })
    // 32 bytes of seed: header, IV and tag of docs/spec/ciphertext-blob-v1.md around them.
    expect(material.sealedKey).toHaveLength(50 + 12 + 32 + 16)
    expect(await member.session.findKey(material.ckaId)).toMatchObject({ kind: 'aes-256', intact: true })
  })

  it('works after the vault was locked', async () => {
    const { KeyId, publicKey } = await created('ML_DSA_65')
    await vault.api.vault.lock({})
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const Message = bytes('later')
    const { Signature } = await vault.api.kms.Sign({ KeyId, Message, SigningAlgorithm: 'ML_DSA_SHAKE_256' })
    expect(verify(null, Message, publicKey, Signature)).toBe(true)
  })

  it('is nobody\'s to decrypt, though it is a blob', async () => {
    const { KeyId, material } = await created('ML_DSA_44')
    const CiphertextBlob = Uint8Array.from(material.sealedKey ?? [])
    expect(await failure(vault.api.kms.Decrypt({ CiphertextBlob }))).toEqual(['InvalidCiphertextException', ''])
    expect((await failure(vault.api.kms.Decrypt({ CiphertextBlob, KeyId })))[0]).toBe('InvalidKeyUsageException')
    const { KeyId: DestinationKeyId } = (await vault.api.kms.CreateKey({})).KeyMetadata
    expect(await failure(vault.api.kms.ReEncrypt({ CiphertextBlob, DestinationKeyId }))).toEqual(['InvalidCiphertextException', ''])
  })

  it('of another key, or altered, is not used: the call fails and gives nothing', async () => {
    const [one, other] = [await created('ML_DSA_44'), await created('ML_DSA_44')]
    const call = () => vault.api.kms.Sign({ KeyId: one.KeyId, Message: bytes('x'), SigningAlgorithm: 'ML_DSA_SHAKE_256' })
    await call()
    const altered = Uint8Array.from(one.material.sealedKey ?? [])
    altered[80] = (altered[80] ?? 0) ^ 1
    for (const sealedKey of [altered, other.material.sealedKey]) {
      await store.write((tables) => {
        tables.materials.remove(one.material.id)
        tables.materials.insert({ ...one.material, sealedKey })
      })
      expect((await failure(call()))[0]).toBe('NOT_AUTHENTIC')
    }
  })
})

/** mu of FIPS 204, algorithm 7, line 6, for an empty context. The key's own bytes are the end of its SubjectPublicKeyInfo. */
function muOf(publicKey: KeyObject, message: Uint8Array): Buffer {
  const shake = (...parts: Uint8Array[]): Buffer => createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest()
  const lengths = { 'ml-dsa-44': 1312, 'ml-dsa-65': 1952, 'ml-dsa-87': 2592 }
  const length = lengths[publicKey.asymmetricKeyType as keyof typeof lengths]
  return shake(shake(publicKey.export({ format: 'der', type: 'spki' }).subarray(-length)), Buffer.of(0, 0), message)
}

async function failure(call: Promise<unknown>): Promise<[code: string, message: string]> {
  try {
    await call
  } catch (error) {
    return [error instanceof VaultError ? error.code : String(error), error instanceof Error ? error.message : '']
  }
  return ['none', '']
}
