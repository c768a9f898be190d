import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { Secret } from '#core/vocabulary/secret.ts'
import { UsageError } from './usage.ts'

const STANDARD_INPUT = 0
/** Longer than any key: an RSA 4096 key as PKCS #8 has about 2400 bytes. */
const LONGEST = 8192

/** All bytes of a file, or of the standard input (`-`). Throws UsageError. The caller wipes the result. */
export function readMaterial(path: string): Secret {
  const buffer = Buffer.alloc(LONGEST + 1)
  const file = opened(path)
  try {
    let length = 0
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null)
      length += count
      if (count === 0) break
      if (length > LONGEST) throw new UsageError('The file is too long to be key material.')
    }
    if (length === 0) throw new UsageError('The file is empty.')
    return Secret.copy(buffer.subarray(0, length))
  } finally {
    buffer.fill(0)
    if (file !== STANDARD_INPUT) closeSync(file)
  }
}

/** As ImportKeyMaterial takes it. Throws UsageError for material that is too long for RSA alone: it is none of a key that is so wrapped. */
export function wrapMaterial(algorithm: 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256', publicKey: Uint8Array, material: Secret): Uint8Array {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  if (algorithm === 'RSAES_OAEP_SHA_256') {
    // RFC 8017, section 7.1.1: the modulus less two hashes and two bytes.
    if (material.bytes.length > (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - 66) throw new UsageError('The file is too long to be material of this key.')
    return oaep(key, material.bytes)
  }
  const aes = randomBytes(32)
  try {
    // RFC 5649; the alternative initial value is its own.
    const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'))
    return Buffer.concat([oaep(key, aes), cipher.update(material.bytes), cipher.final()])
  } finally {
    aes.fill(0)
  }
}

function oaep(key: KeyObject, bytes: Uint8Array): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes)
}

function opened(path: string): number {
  if (path === '-') return STANDARD_INPUT
  try {
    return openSync(path, 'r')
  } catch (error) {
    // The path is not repeated: material may have been given in its place.
    if (error instanceof Error && 'code' in error) throw new UsageError(`The file of the material cannot be read (${String(error.code)}).`)
    throw error
  }
}
