import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { parseCanonicalJson } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { bytes, temporaryVault, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

let vault: TemporaryVault
let store: Store
let watch: Watch = () => undefined
let KeyId: string
let Arn: string

const SECRET_TEXT = 'this text must not be in any record'

beforeAll(async () => {
  vault = await temporaryVault({
    hsm: watchedHsm((call, when, result) => watch(call, when, result)),
    home: (path) => watchedHome(path, (call, when) => watch(call, when), (opened) => { store = opened }),
  })
  ;({ KeyId, Arn } = (await vault.api.kms.CreateKey({})).KeyMetadata)
})

afterAll(() => vault[Symbol.asyncDispose]())

describe('the audit trail', () => {
  it('has a record of every call, refused ones too, in the shape of a CloudTrail event', async () => {
    const from = next()
    await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes(SECRET_TEXT), EncryptionContext: { tenant: 'acme' } })
    await expect(vault.api.kms.Encrypt({ KeyId: 'alias/none', Plaintext: bytes(SECRET_TEXT) })).rejects.toThrow()
    await expect(vault.api.kms.CreateAlias({ AliasName: 'bad', TargetKeyId: KeyId })).rejects.toThrow()
    await vault.api.console.keys({ limit: 10 })
    const records = since(from)
    expect(records.map((record) => record['eventName'])).toEqual(['Encrypt', 'Encrypt', 'CreateAlias', 'ListKeyViews'])
    expect(records[0]).toMatchObject({
      eventVersion: '1.11',
      eventSource: 'kms.amazonaws.com',
      eventType: 'AwsApiCall',
      awsRegion: 'lab',
      recipientAccountId: '441722089135',
      userIdentity: { type: 'Root', arn: 'arn:aws:iam::441722089135:root' },
      sourceIPAddress: 'local',
      userAgent: 'test',
      requestParameters: { keyId: KeyId, encryptionContext: { tenant: 'acme' }, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      resources: [{ ARN: Arn, type: 'AWS::KMS::Key' }],
      readOnly: true,
    })
    expect(records[1]).toMatchObject({ errorCode: 'NotFoundException', errorMessage: 'Alias arn:aws:kms:lab:441722089135:alias/none is not found.' })
    expect(records[2]).toMatchObject({ errorCode: 'ValidationException', readOnly: false })
  })

  it('keeps what was asked of the other keys, and neither messages nor results', async () => {
    const made = async (KeySpec: string, KeyUsage: string) => (await vault.api.kms.CreateKey({ KeySpec, KeyUsage })).KeyMetadata.KeyId
    const [signer, mac, agree, kem, rsa] = [
      await made('ECC_NIST_P256', 'SIGN_VERIFY'), await made('HMAC_256', 'GENERATE_VERIFY_MAC'), await made('ECC_NIST_P256', 'KEY_AGREEMENT'),
      await made('ML_KEM_512', 'ENCAPSULATE_DECAPSULATE'), await made('RSA_2048', 'ENCRYPT_DECRYPT'),
    ]
    const { kms } = vault.api
    const from = next()
    const Message = bytes(SECRET_TEXT)
    const results: Uint8Array[] = []
    const kept = <T extends object>(answer: T): T => {
      for (const value of Object.values(answer)) if (value instanceof Uint8Array && value.length >= 16) results.push(Uint8Array.from(value))
      return answer
    }
    const { Signature } = kept(await kms.Sign({ KeyId: signer, Message, SigningAlgorithm: 'ECDSA_SHA_256' }))
    kept(await kms.Verify({ KeyId: signer, Message, SigningAlgorithm: 'ECDSA_SHA_256', Signature }))
    const { Mac } = kept(await kms.GenerateMac({ KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256' }))
    await kms.VerifyMac({ KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256', Mac })
    const { PublicKey } = kept(await kms.GetPublicKey({ KeyId: agree }))
    kept(await kms.DeriveSharedSecret({ KeyId: agree, KeyAgreementAlgorithm: 'ECDH', PublicKey }))
    const { SharedSecretCiphertextBlob } = kept(await kms.Encapsulate({ KeyId: kem, EncapsulationAlgorithm: 'ML_KEM' }))
    kept(await kms.Decapsulate({ KeyId: kem, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob }))
    const { CiphertextBlob } = kept(await kms.Encrypt({ KeyId: rsa, Plaintext: Message, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))
    kept(await kms.Decrypt({ KeyId: rsa, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))
    kept(await kms.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }))
    const records = since(from)
    expect(records.map((record) => record['eventName'])).toEqual([
      'Sign', 'Verify', 'GenerateMac', 'VerifyMac', 'GetPublicKey', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate', 'Encrypt', 'Decrypt', 'GenerateDataKeyPair',
    ])
    expect(records[0]).toMatchObject({ requestParameters: { keyId: signer, messageType: 'RAW', signingAlgorithm: 'ECDSA_SHA_256' }, responseElements: null })
    const written = JSON.stringify(records)
    expect(written).not.toContain(SECRET_TEXT)
    expect(results).toHaveLength(12)
    for (const result of results) {
      for (const form of ['base64', 'base64url', 'hex'] as const) expect(written).not.toContain(Buffer.from(result).toString(form))
    }
  })

  it('is gapless, in canonical form, and names each record once', () => {
    const leaves = store.read((tables) => tables.audit.page(0, 10_000))
    const ids = new Set<unknown>()
    leaves.forEach(({ sequence, leaf }, at) => {
      expect(sequence).toBe(at)
      const record = parseCanonicalJson(new TextDecoder().decode(leaf)) as Record<string, unknown>
      expect(record).toMatchObject({ sequence: at })
      ids.add(record['eventID'])
    })
    expect(ids.size).toBe(leaves.length)
    expect(JSON.parse(new TextDecoder().decode(leaves[0]?.leaf))).toMatchObject({ eventName: 'InitialiseVault' })
  })

  it('holds no plaintext, no data key and no ciphertext', async () => {
    const dataKey = await vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes(SECRET_TEXT) })
    await vault.api.kms.Decrypt({ CiphertextBlob })
    const trail = Buffer.concat(store.read((tables) => tables.audit.page(0, 10_000)).map(({ leaf }) => leaf)).toString()
    for (const bytesOfIt of [bytes(SECRET_TEXT), dataKey.Plaintext, CiphertextBlob]) {
      const buffer = Buffer.from(bytesOfIt)
      for (const form of [buffer.toString('base64'), buffer.toString('hex'), buffer.toString('latin1')]) expect(trail.includes(form)).toBe(false)
    }
  })

  it('records a context that is no Unicode, in a form that is', async () => {
    const from = next()
    await expect(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { a: '\ud800' } })).rejects.toMatchObject({ code: 'ValidationException' })
    expect(since(from)[0]).toMatchObject({ errorCode: 'ValidationException', requestParameters: { encryptionContext: { a: '\ufffd' } } })
  })
})

describe('a result', () => {
  it('is not given if its key was disabled while the HSM worked', async () => {
    const from = next()
    watch = async (call, when) => {
      if (call !== 'hsm.encrypt' || when !== 'after') return
      watch = () => undefined
      await vault.api.kms.DisableKey({ KeyId })
    }
    await expect(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'DisabledException' })
    expect(since(from).map((record) => [record['eventName'], record['errorCode']])).toEqual([['DisableKey', undefined], ['Encrypt', 'DisabledException']])
    await vault.api.kms.EnableKey({ KeyId })
  })

  it('is not given, and is wiped, if its record cannot be made durable', async () => {
    const made: Uint8Array[] = []
    watch = (call, when, result) => {
      if (call === 'hsm.encryptRandom' && when === 'after') made.push((result as { plaintext: Uint8Array }).plaintext)
      if (call === 'store.write' && when === 'before' && made.length > 0) throw new VaultError('DISK_FULL', { file: 'vault.db' })
    }
    await expect(vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })).rejects.toMatchObject({ code: 'DISK_FULL' })
    watch = () => undefined
    expect(made).toEqual([new Uint8Array(32)])
    await vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })
  })
})

function next(): number {
  return store.read((tables) => tables.audit.next())
}

function since(from: number): Record<string, unknown>[] {
  return store.read((tables) => tables.audit.page(from, 1_000)).map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>)
}
