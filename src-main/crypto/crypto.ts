import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { hashRaw } from '@node-rs/argon2'
import type { Argon2Parameters, Crypto } from '#core/ports/crypto.ts'
import { x25519, x25519Generate } from './x25519.ts'

const GCM = 'aes-256-gcm'
const TAG_BYTES = 16

/** The Crypto port over node:crypto (OpenSSL in Node, BoringSSL in Electron) and a native Argon2. Holds no state. */
export function createCrypto(): Crypto {
  return { sha256, hmacSha256, hkdfSha256, aesGcmSeal, aesGcmOpen, equal, argon2id, x25519Generate, x25519 }
}

function sha256(data: Uint8Array): Uint8Array {
  return plain(hash('sha256', data, 'buffer'))
}

function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return plain(createHmac('sha256', key).update(data).digest())
}

function hkdfSha256(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', input, salt, info, length))
}

function aesGcmSeal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv(GCM, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(aad)
  const body = cipher.update(plaintext)
  // GCM is a stream: final() makes the tag and gives no more bytes.
  cipher.final()
  const sealed = new Uint8Array(body.length + TAG_BYTES)
  sealed.set(body)
  sealed.set(cipher.getAuthTag(), body.length)
  return sealed
}

function aesGcmOpen(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(GCM, key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
    return plain(plaintext)
  } catch {
    // With key, IV and tag of the right lengths (checked above by Node), final() fails for one reason: the tag.
    plaintext.fill(0)
    return undefined
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

async function argon2id(password: Uint8Array, salt: Uint8Array, parameters: Argon2Parameters): Promise<Uint8Array> {
  const key = await hashRaw(password, {
    // Its enums are ambient const enums, which isolated modules cannot read.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- Algorithm.Argon2id
    algorithm: 2,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- Version.V0x13
    version: 1,
    salt,
    memoryCost: parameters.memoryKiB,
    timeCost: parameters.passes,
    parallelism: parameters.lanes,
    outputLen: 32,
  })
  return plain(key)
}

/** The same memory without Buffer's own methods (its slice() does not copy, its JSON is another). */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
