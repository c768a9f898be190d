import pkcs11 from 'pkcs11js'
import { ckr } from '../ckr.ts'
import { asBuffer, taken } from './bytes.ts'
import { Refused, ckrOf } from './refusal.ts'

/** Bytes of the tag, appended to the ciphertext (PKCS#11 v2.40, CKM_AES_GCM). */
export const TAG_LENGTH = 16

/** C_Decrypt refused the data. `certain`: its return value says so; else the token may as well be failing (SoftHSM: CKR_GENERAL_ERROR). */
export class DataRefused extends Error {
  override readonly name = 'DataRefused'
  readonly certain: boolean

  constructor(cause: unknown, certain: boolean) {
    super('the token refused the data', { cause })
    this.certain = certain
  }
}

/** Ciphertext and tag. `iv` goes to the token by address: one that makes its own IV has written it there afterwards. */
export function gcmEncrypt(
  functions: pkcs11.PKCS11, session: pkcs11.Handle, key: pkcs11.Handle, iv: Buffer, aad: Uint8Array, plaintext: Uint8Array,
): Buffer {
  const length = plaintext.length + TAG_LENGTH
  functions.C_EncryptInit(session, gcmMechanism(iv, aad), key)
  const sealed = functions.C_Encrypt(session, asBuffer(plaintext), Buffer.alloc(length))
  if (sealed.length !== length) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
  return sealed
}

/** The plaintext, in a buffer of its own. Throws DataRefused if the token does not accept ciphertext, tag, IV and AAD together. */
export function gcmDecrypt(
  functions: pkcs11.PKCS11, session: pkcs11.Handle, key: pkcs11.Handle, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array,
): Buffer {
  functions.C_DecryptInit(session, gcmMechanism(asBuffer(iv), aad), key)
  // As long as the ciphertext: SoftHSM refuses a buffer of the plaintext's length (CKR_BUFFER_TOO_SMALL).
  const room = Buffer.alloc(sealed.length)
  try {
    return taken(room, functions.C_Decrypt(session, asBuffer(sealed), room).length)
  } catch (error) {
    room.fill(0)
    const certain = verdicts.get(ckrOf(error))
    throw certain === undefined ? error : new DataRefused(error, certain)
  }
}

/** What C_Decrypt returns for a tag that does not match, as seen on tokens; true where it can mean nothing else. */
const verdicts = new Map<number | undefined, boolean>([
  [ckr.CKR_ENCRYPTED_DATA_INVALID, true],
  [ckr.CKR_ENCRYPTED_DATA_LEN_RANGE, true],
  [ckr.CKR_AEAD_DECRYPT_FAILED, true],
  [ckr.CKR_SIGNATURE_INVALID, true],
  [ckr.CKR_DATA_INVALID, false],
  [ckr.CKR_GENERAL_ERROR, false],
  [ckr.CKR_FUNCTION_FAILED, false],
])

/** CK_GCM_PARAMS of v2.40, with ulIvBits: NSS refuses the older one without it. */
export function gcmMechanism(iv: Buffer, aad: Uint8Array): pkcs11.Mechanism {
  const parameter: pkcs11.AesGCM = {
    type: pkcs11.CK_PARAMS_AES_GCM_v240,
    iv,
    ivBits: iv.length * 8,
    aad: asBuffer(aad),
    tagBits: TAG_LENGTH * 8,
  }
  return { mechanism: pkcs11.CKM_AES_GCM, parameter }
}
