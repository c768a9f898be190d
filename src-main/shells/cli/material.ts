import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { Secret } from '#core/vocabulary/secret.ts'
import { UsageError } from './usage.ts'

const STANDARD_INPUT = 0
/** Longer than any key: an RSA 4096 key as PKCS #8 has about 2400 bytes. */
const LONGEST = 8192
/** Bytes of half an AES block, which key wrap works on. */
const BLOCK = 8

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
    return Buffer.concat([oaep(key, aes), keyWrapPadded(aes, material.bytes)])
  } finally {
    aes.fill(0)
  }
}

/** AES key wrap with padding (RFC 5649, section 4.1), from single blocks: BoringSSL has the mode under no name that Node could give. */
function keyWrapPadded(key: Uint8Array, value: Uint8Array): Buffer {
  const aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const count = Math.ceil(value.length / BLOCK)
  const whole = Buffer.alloc((count + 1) * BLOCK)
  whole.writeUInt32BE(0xa65959a6)
  whole.writeUInt32BE(value.length, 4)
  whole.set(value, BLOCK)
  if (count === 1) return aes.update(whole)
  // RFC 3394, section 2.2.1, index based.
  const block = Buffer.alloc(2 * BLOCK)
  for (let j = 0; j <= 5; j++) {
    for (let i = 1; i <= count; i++) {
      whole.copy(block, 0, 0, BLOCK)
      whole.copy(block, BLOCK, i * BLOCK, (i + 1) * BLOCK)
      const sealed = aes.update(block)
      sealed.copy(whole, 0, 0, BLOCK)
      whole.writeUInt32BE((whole.readUInt32BE(4) ^ (count * j + i)) >>> 0, 4)
      sealed.copy(whole, i * BLOCK, BLOCK)
    }
  }
  block.fill(0)
  return whole
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
