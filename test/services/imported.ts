import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import type { Client } from './temporary-vault.ts'

/** The material that tests import into a symmetric key. */
export const MATERIAL = Buffer.from('holdfast: 32 bytes from outside!')

/** All steps of an import, but for ever. */
export async function importMaterial(api: Client, KeyId: string): Promise<void> {
  const { ImportToken, PublicKey } = await api.kms.GetParametersForImport({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' })
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
  const EncryptedKeyMaterial = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, MATERIAL)
  await api.kms.ImportKeyMaterial({ KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })
}
