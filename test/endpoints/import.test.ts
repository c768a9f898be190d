import { constants, createCipheriv, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes, verify } from 'node:crypto'
import {
  CreateKeyCommand, DecryptCommand, DeleteImportedKeyMaterialCommand, DescribeKeyCommand, EncryptCommand, GetParametersForImportCommand,
  ImportKeyMaterialCommand, type KMSClient, ListKeyRotationsCommand, RotateKeyOnDemandCommand, SignCommand, type AlgorithmSpec,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'

// Imports by AWS's own client, through the endpoint.

let endpoint: RunningEndpoint
let client: KMSClient

beforeAll(async () => {
  endpoint = await runningEndpoint()
  client = endpoint.client()
})

afterAll(() => endpoint[Symbol.asyncDispose]())

async function bring(KeyId: string, WrappingAlgorithm: AlgorithmSpec, material: Uint8Array, more: object): Promise<string> {
  const { PublicKey, ImportToken, ParametersValidTo } = await client.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_4096' }))
  expect(ParametersValidTo!.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000)
  const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' })
  const oaep = (bytes: Uint8Array) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: WrappingAlgorithm.endsWith('SHA_1') ? 'sha1' : 'sha256' }, bytes)
  const aes = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
  const EncryptedKeyMaterial = WrappingAlgorithm.startsWith('RSAES') ? oaep(material) : Buffer.concat([oaep(aes), cipher.update(material), cipher.final()])
  return (await client.send(new ImportKeyMaterialCommand({ KeyId, ImportToken, EncryptedKeyMaterial, ...more }))).KeyMaterialId!
}

describe('@aws-sdk/client-kms', () => {
  it('imports, rotates, deletes and imports again; times are times', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }))
    const KeyId = KeyMetadata!.KeyId!
    expect(KeyMetadata).toMatchObject({ KeyState: 'PendingImport', Origin: 'EXTERNAL' })
    const ValidTo = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000)
    const first = randomBytes(32)
    const id = await bring(KeyId, 'RSAES_OAEP_SHA_256', first, { ValidTo, ExpirationModel: 'KEY_MATERIAL_EXPIRES' })
    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({ KeyState: 'Enabled', ValidTo, ExpirationModel: 'KEY_MATERIAL_EXPIRES', CurrentKeyMaterialId: id })
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
    await bring(KeyId, 'RSA_AES_KEY_WRAP_SHA_1', randomBytes(32), { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ImportType: 'NEW_KEY_MATERIAL' })
    await client.send(new RotateKeyOnDemandCommand({ KeyId }))
    const { Rotations } = await client.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }))
    expect(Rotations).toMatchObject([{ KeyMaterialId: id, ImportState: 'IMPORTED', ValidTo }, { KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' }])
    expect(await client.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId: id }))).toMatchObject({ KeyMaterialId: id })
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
    await bring(KeyId, 'RSAES_OAEP_SHA_1', first, { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })
    expect(Buffer.from((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext!).toString()).toBe('x')
  })

  it('imports a pair', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: 'EXTERNAL', KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }))
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await bring(KeyMetadata!.KeyId!, 'RSA_AES_KEY_WRAP_SHA_256', privateKey.export({ format: 'der', type: 'pkcs8' }), { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })
    const { Signature } = await client.send(new SignCommand({ KeyId: KeyMetadata!.KeyId!, Message: Buffer.from('x'), SigningAlgorithm: 'ECDSA_SHA_256' }))
    expect(verify('sha256', Buffer.from('x'), publicKey, Signature!)).toBe(true)
  })

  it('meets AWS\'s errors under their names', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }))
    const KeyId = KeyMetadata!.KeyId!
    const { ImportToken } = await client.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }))
    const call = { KeyId, ImportToken, EncryptedKeyMaterial: randomBytes(256), ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const
    await expect(client.send(new ImportKeyMaterialCommand(call))).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
    await expect(client.send(new ImportKeyMaterialCommand({ ...call, ImportToken: randomBytes(105) }))).rejects.toMatchObject({ name: 'InvalidImportTokenException' })
    await expect(bring(KeyId, 'RSAES_OAEP_SHA_256', randomBytes(31), { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })).rejects.toMatchObject({ name: 'IncorrectKeyMaterialException' })
    await expect(bring(KeyId, 'RSAES_PKCS1_V1_5', randomBytes(32), {})).rejects.toMatchObject({ name: 'ValidationException' })
  })
})
