import { createHmac, createSecretKey, hash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { hashRaw } from '@node-rs/argon2'
import type { Argon2Parameters, Crypto } from '#core/ports/crypto.ts'
import { aesGcm, aesGcmOpen, aesGcmSeal } from './aes-gcm.ts'
import { createMessageCrypto } from './messages.ts'
import { plain } from './plain.ts'
import { createPublicKeyCrypto } from './public-keys.ts'
import { x25519, x25519Generate } from './x25519.ts'

/** The Crypto port over node:crypto (OpenSSL in Node, BoringSSL in Electron) and a native Argon2. Holds no state. */
export function createCrypto(): Crypto {
  return { publicKeys: createPublicKeyCrypto(), messages: createMessageCrypto(), sha256, hmacSha256, hkdfSha256, hkdfSha512, aesGcmSeal, aesGcmOpen, aesGcm, equal, argon2id, x25519Generate, x25519 }
}

function sha256(data: Uint8Array): Uint8Array {
  return plain(hash('sha256', data, 'buffer'))
}

function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  // A key given as bytes costs Node 24 another 10 µs in each call (it throws and catches to learn that they are no KeyObject).
  return plain(createHmac('sha256', createSecretKey(key)).update(data).digest())
}

function hkdfSha256(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', input, salt, info, length))
}

function hkdfSha512(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha512', input, salt, info, length))
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
