import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCrypto } from '#crypto/crypto.ts'
import { contextForWriting } from '#core/messages/context.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { KMS_PROVIDER } from '#core/messages/suite.ts'
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

describe('a message of the Encryption SDK that is signed', () => {
  it('is refused by name', async () => {
    const written = await encrypt(holdfastKeyring(on.api, 'alias/files'), Buffer.from('signed'))
    const path = on.write('signed.encrypted', written.result)
    await expect(result(on.api.files.decrypt({ path }))).rejects.toMatchObject({ code: 'MALFORMED', message: expect.stringContaining('suite 0578') as string })
  })
})

/** What `file encrypt` writes, with frames of another length. */
async function written(plaintext: Uint8Array, frameLength: number): Promise<Uint8Array> {
  const { CiphertextBlob, Plaintext, KeyId } = await on.api.kms.GenerateDataKey({ KeyId: 'alias/files', KeySpec: 'AES_256', EncryptionContext: context })
  using dataKey = Secret.own(Plaintext)
  const messageId = noise(32, plaintext.length + frameLength)
  const dataKeys = [{ provider: KMS_PROVIDER, info: Buffer.from(KeyId), ciphertext: CiphertextBlob }]
  const { header, ...key } = sealHeader(createCrypto(), dataKey, { messageId, context: contextForWriting(context), dataKeys, frameLength })
  const layout = layoutOfPlaintext(header.length, frameLength, plaintext.length)!
  const parts: Uint8Array[] = [header]
  const source = { size: plaintext.length, read: async (into: Uint8Array, at: number) => { into.set(plaintext.subarray(at, at + into.length)) } }
  await sealFrames({ ...key, messageId, layout, proceed: () => undefined }, source, { write: async (more) => { parts.push(...more) } })
  return Buffer.concat(parts)
}
