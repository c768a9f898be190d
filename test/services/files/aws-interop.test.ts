import { constants, createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, RawRsaKeyringNode } from '@aws-crypto/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCrypto } from '#crypto/crypto.ts'
import { contextForWriting } from '#core/messages/context.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { KMS_PROVIDER, PLAIN_SUITE } from '#core/messages/suite.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { sealFrames } from '#services/files/frames.ts'
import { holdfastKeyring } from './aws-keyring.ts'
import { fileVault, noise, result, type FileVault } from './file-vault.ts'

// The AWS Encryption SDK for Node, with a keyring that calls our GenerateDataKey and Decrypt, against our files.

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
const context = { purpose: 'interop', 'größe': 'klein', '\u{1f511}': 'beyond', '\uffee': 'before' }

const frameLengths = [512, 4096, 65_536, 262_144]
const sizes = (frame: number) => [0, 1, 15, 16, 17, frame - 1, frame, frame + 1, 2 * frame, 1_048_576 + 7, 5 * 1_048_576]
const cases = frameLengths.flatMap((frameLength) => sizes(frameLength).map((size) => ({ frameLength, size })))

let on: FileVault
beforeAll(async () => { on = await fileVault() })
afterAll(() => on[Symbol.asyncDispose]())

describe.each(cases)('$size bytes in frames of $frameLength', ({ frameLength, size }) => {
  const plaintext = noise(size, frameLength)

  it('written by the Encryption SDK are read by us', async () => {
    const written = await encrypt(holdfastKeyring(on.api, 'alias/files'), Buffer.from(plaintext), { suiteId, frameLength, encryptionContext: context })
    const path = on.write('theirs.bin.encrypted', written.result)
    expect(await on.api.files.inspect({ path })).toMatchObject({ frameLength, plaintextLength: size, context, dataKeys: [{ keyArn: on.keyArn }] })
    const read = await result(on.api.files.decrypt({ path, context: { purpose: 'interop' }, existing: 'replace' }))
    expect(read).toMatchObject({ path: join(on.folder, 'theirs.bin'), size, keyArn: on.keyArn })
    expect(readFileSync(read.path).equals(plaintext)).toBe(true)
  })

  it('written by us are read by the Encryption SDK', async () => {
    const read = await decrypt(holdfastKeyring(on.api, 'alias/files'), Buffer.from(await written(plaintext, frameLength)))
    expect(read.plaintext.equals(plaintext)).toBe(true)
    expect(read.messageHeader).toMatchObject({ suiteId, frameLength, encryptionContext: context })
  })
})

describe('a file that we wrote', () => {
  it('is read by the Encryption SDK as it stands on the disk', async () => {
    const plaintext = noise(700_001)
    const path = on.write('ours.bin', plaintext)
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: on.keyArn, context: { purpose: 'interop' } }))
    const read = await decrypt(holdfastKeyring(on.api, 'alias/files'), readFileSync(encrypted))
    expect(read.plaintext.equals(plaintext)).toBe(true)
  })

  it('without a context is read too', async () => {
    const path = on.write('bare.bin', 'bare')
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: on.keyArn }))
    const read = await decrypt(holdfastKeyring(on.api, 'alias/files'), readFileSync(encrypted))
    expect(read.plaintext.toString()).toBe('bare')
    expect(read.messageHeader.encryptionContext).toEqual({})
  })
})

describe('a signed message', () => {
  it('of the Encryption SDK is read by us', async () => {
    const plaintext = noise(300_000, 5)
    const written = await encrypt(holdfastKeyring(on.api, 'alias/files'), Buffer.from(plaintext), { encryptionContext: context })
    const path = on.write('signed.encrypted', written.result)
    expect(await on.api.files.inspect({ path })).toMatchObject({ plaintextLength: 300_000, format: { suite: '0578', signed: true } })
    const read = await result(on.api.files.decrypt({ path, context: { purpose: 'interop' }, existing: 'replace' }))
    expect(readFileSync(read.path).equals(plaintext)).toBe(true)
  })

  it('of ours is read by the Encryption SDK', async () => {
    const plaintext = noise(700_001)
    const path = on.write('ours-signed.bin', plaintext)
    const { path: encrypted, size } = await result(on.api.files.encrypt({ path, keyId: on.keyArn, signature: 'ecdsa', context: { purpose: 'interop' } }))
    const bytes = readFileSync(encrypted)
    expect(bytes.length).toBe(size)
    const read = await decrypt(holdfastKeyring(on.api, 'alias/files'), bytes)
    expect(read.plaintext.equals(plaintext)).toBe(true)
    expect(read.messageHeader.suiteId).toBe(AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384)
    expect((await result(on.api.files.verify({ path: encrypted }))).size).toBe(plaintext.length)
  })

  it.each(['signature', 'length of the signature', 'footer left out', 'byte behind', 'frame'] as const)('of ours with an altered %s is refused', async (fault) => {
    const path = on.write('altered.bin', noise(1000))
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: on.keyArn, signature: 'ecdsa', existing: 'replace' }))
    const bytes = readFileSync(encrypted)
    const footer = bytes.readUInt16BE(bytes.length - 104) === 102 ? 104 : bytes.readUInt16BE(bytes.length - 105) === 103 ? 105 : bytes.readUInt16BE(bytes.length - 103) === 101 ? 103 : 102
    const altered = {
      signature: () => flipped(bytes, bytes.length - 1),
      'length of the signature': () => flipped(bytes, bytes.length - footer + 1),
      'footer left out': () => bytes.subarray(0, -footer),
      'byte behind': () => Buffer.concat([bytes, Buffer.of(0)]),
      frame: () => flipped(bytes, bytes.length - footer - 20),
    }[fault]()
    await expect(result(on.api.files.decrypt({ path: on.write('altered.holdfast', altered), existing: 'keep-both' }))).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
  })
})

describe('the algorithm suites', () => {
  const uncommitted = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
  const committed = [0x0478, 0x0578]
  const all = Object.values(AlgorithmSuiteIdentifier).filter((id): id is AlgorithmSuiteIdentifier => typeof id === 'number')

  it('are eleven', () => { expect(all).toHaveLength(11) })

  it.each(all.map((id) => [id.toString(16).padStart(4, '0'), id] as const))('%s is read as the Encryption SDK writes it', async (name, id) => {
    const plaintext = noise(10_000, id)
    const commits = committed.includes(id)
    const client = commits ? { encrypt } : uncommitted
    const written = await client.encrypt(holdfastKeyring(on.api, 'alias/files'), Buffer.from(plaintext), { suiteId: id, frameLength: 1024, encryptionContext: context })
    const path = on.write(`suite-${name}.encrypted`, written.result)
    if (!commits) await expect(result(on.api.files.decrypt({ path }))).rejects.toMatchObject({ code: 'MALFORMED' })
    const read = await result(on.api.files.decrypt({ path, commitment: 'allow', existing: 'replace' }))
    expect(readFileSync(read.path).equals(plaintext)).toBe(true)
    expect(await on.api.files.inspect({ path })).toMatchObject({ format: { suite: name, commits }, plaintextLength: plaintext.length })
    const bytes = readFileSync(path)
    for (const at of [3, 60, 400, 700, bytes.length - 1]) {
      const altered = on.write('flipped.encrypted', flipped(bytes, at))
      await expect(result(on.api.files.decrypt({ path: altered, commitment: 'allow', existing: 'keep-both' })), `byte ${at}`).rejects.toBeInstanceOf(Error)
    }
  })
})

describe('raw keyrings', () => {
  it('for AES are read with their key in a file', async () => {
    const key = Buffer.from(noise(32, 9))
    const keyring = new RawAesKeyringNode({ keyNamespace: 'lab', keyName: 'shelf 1', unencryptedMasterKey: Uint8Array.from(key), wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING })
    const written = await encrypt(keyring, 'under a raw key', { encryptionContext: context })
    const path = on.write('raw-aes.encrypted', written.result)
    await expect(result(on.api.files.decrypt({ path }))).rejects.toMatchObject({ code: 'KEY_NOT_HERE' })
    const other = on.write('other.json', JSON.stringify({ namespace: 'lab', name: 'shelf 2', key: key.toString('hex') }))
    await expect(result(on.api.files.decrypt({ path, keyFiles: [other] }))).rejects.toMatchObject({ code: 'KEY_NOT_HERE' })
    const file = on.write('key.json', JSON.stringify({ namespace: 'lab', name: 'shelf 1', key: key.toString('base64') }))
    const read = await result(on.api.files.decrypt({ path, keyFiles: [file] }))
    expect(readFileSync(read.path, 'utf8')).toBe('under a raw key')
    expect(read.keyArn).toBe('raw AES key lab/shelf 1')
  })

  it.each(['sha1', 'sha256', 'sha384', 'sha512', undefined] as const)('for RSA are read with their key in a file: %s', async (oaepHash) => {
    const padding = oaepHash === undefined ? { padding: constants.RSA_PKCS1_PADDING } : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
    const keyring = new RawRsaKeyringNode({ keyNamespace: 'lab', keyName: 'rsa', rsaKey: { publicKey: pair.publicKey, privateKey: pair.privateKey }, ...padding })
    const path = on.write('raw-rsa.encrypted', (await encrypt(keyring, 'under a raw key')).result)
    const read = await result(on.api.files.decrypt({ path, keyFiles: [on.write('key.pem', pair.privateKey)], existing: 'replace' }))
    expect(readFileSync(read.path, 'utf8')).toBe('under a raw key')
  })

  it('open what was written for a recipient, and no key of the vault is needed', async () => {
    const path = on.write('for-others.txt', 'for two')
    const recipient = on.write('recipient.pem', pair.publicKey)
    const { KeyMetadata } = await on.api.kms.CreateKey({})
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: on.keyArn, furtherKeyIds: [KeyMetadata.KeyId], recipients: [recipient], context: { purpose: 'interop' } }))
    const { dataKeys } = await on.api.files.inspect({ path: encrypted })
    expect(dataKeys.map(({ provider, keyArn }) => [provider, keyArn])).toEqual([['aws-kms', on.keyArn], ['aws-kms', KeyMetadata.Arn], ['rsa-oaep-sha256', undefined]])
    const keyName = createHash('sha256').update(createPublicKey(pair.publicKey).export({ type: 'spki', format: 'der' })).digest('hex')
    const keyring = new RawRsaKeyringNode({ keyNamespace: 'rsa-oaep-sha256', keyName, rsaKey: { privateKey: pair.privateKey }, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' })
    expect((await decrypt(keyring, readFileSync(encrypted))).plaintext.toString()).toBe('for two')
    await on.api.kms.DisableKey({ KeyId: KeyMetadata.KeyId })
    expect((await result(on.api.files.decrypt({ path: encrypted, existing: 'keep-both' }))).keyArn).toBe(on.keyArn)
  })

  it('are refused where the file holds no key', async () => {
    const path = on.write('a.txt', 'x')
    await expect(result(on.api.files.encrypt({ path, keyId: on.keyArn, recipients: [on.write('no.pem', 'nothing')] }))).rejects.toMatchObject({ code: 'MALFORMED' })
  })
})

const pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

/** What `file encrypt` writes, with frames of another length. */
async function written(plaintext: Uint8Array, frameLength: number): Promise<Uint8Array> {
  const { CiphertextBlob, Plaintext, KeyId } = await on.api.kms.GenerateDataKey({ KeyId: 'alias/files', KeySpec: 'AES_256', EncryptionContext: context })
  using dataKey = Secret.own(Plaintext)
  const messageId = noise(32, plaintext.length + frameLength)
  const dataKeys = [{ provider: KMS_PROVIDER, info: Buffer.from(KeyId), ciphertext: CiphertextBlob }]
  const { header, ...key } = sealHeader(createCrypto(), dataKey, { suite: PLAIN_SUITE, messageId, context: contextForWriting(context), dataKeys, frameLength })
  const layout = layoutOfPlaintext(header.length, frameLength, plaintext.length)!
  const parts: Uint8Array[] = [header]
  const source = { size: plaintext.length, read: async (into: Uint8Array, at: number) => { into.set(plaintext.subarray(at, at + into.length)) } }
  await sealFrames({ ...key, messageId, layout, proceed: () => undefined }, source, { write: async (more) => { parts.push(...more) } })
  return Buffer.concat(parts)
}
