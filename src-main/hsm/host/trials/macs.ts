import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { KEY_LENGTH } from '../templates.ts'
import { flipped, must, type Trial } from './trial.ts'
import type { SecretWish } from './wishes.ts'

const hashes = {
  sha224: { mechanism: pkcs11.CKM_SHA224_HMAC, length: 28 },
  sha256: { mechanism: pkcs11.CKM_SHA256_HMAC, length: 32 },
  sha384: { mechanism: pkcs11.CKM_SHA384_HMAC, length: 48 },
  sha512: { mechanism: pkcs11.CKM_SHA512_HMAC, length: 64 },
} as const

export type Hash = keyof typeof hashes

/** With keys as long as the hash, which is what AWS KMS's HMAC keys are. */
export function hmac(hash: Hash) {
  const { mechanism, length } = hashes[hash]
  return (trial: Trial, sizes: readonly number[]): undefined => {
    mac(trial, sizes, {
      mechanism, keyType: 'generic', keyLength: length, macLength: length,
      generate: pkcs11.CKM_GENERIC_SECRET_KEY_GEN,
      expected: (key, message) => createHmac(hash, key).update(message).digest(),
    })
  }
}

export function cmac(trial: Trial, sizes: readonly number[]): undefined {
  mac(trial, sizes, {
    mechanism: pkcs11.CKM_AES_CMAC, keyType: 'aes', keyLength: KEY_LENGTH, macLength: BLOCK,
    generate: pkcs11.CKM_AES_KEY_GEN,
    expected: aesCmac,
  })
}

/** A MAC of the token in its work session, not timed. */
export function tokenHmac(trial: Trial, key: pkcs11.Handle, message: Buffer): Buffer {
  return trial.attempt((session) => sign(trial, session, pkcs11.CKM_SHA256_HMAC, key, message))
}

interface Mac {
  readonly mechanism: number
  readonly generate: number
  readonly keyType: SecretWish['keyType']
  readonly keyLength: number
  readonly macLength: number
  readonly expected: (key: Buffer, message: Buffer) => Buffer
}

function mac(trial: Trial, sizes: readonly number[], { mechanism, generate, keyType, keyLength, macLength, expected }: Mac): void {
  const wish: SecretWish = { keyType, kept: 'sealed', uses: ['sign', 'verify'] }
  const key = trial.generate(generate, { ...wish, length: keyLength })
  const other = trial.generate(generate, { ...wish, length: keyLength })
  const value = randomBytes(keyLength)
  const known = trial.importIfPossible(value, wish)
  for (const size of sizes) {
    const message = randomBytes(size)
    const of = (handle: pkcs11.Handle, data: Buffer): Buffer => trial.timed((session) => sign(trial, session, mechanism, handle, data))
    const made = of(key, message)
    must(made.length === macLength, `a MAC of ${made.length} bytes`)
    must(made.equals(of(key, message)), 'the same message gives another MAC')
    must(!made.equals(of(key, flipped(message, size - 1))), 'another message gives the same MAC')
    must(!made.equals(of(other, message)), 'another key gives the same MAC')
    if (known !== undefined) must(expected(value, message).equals(of(known, message)), 'the MAC under a known key is not the right one')
  }
}

function sign(trial: Trial, session: pkcs11.Handle, mechanism: number, key: pkcs11.Handle, message: Buffer): Buffer {
  trial.functions.C_SignInit(session, { mechanism }, key)
  return Buffer.from(trial.functions.C_Sign(session, message, Buffer.alloc(64)))
}

const BLOCK = 16

/** RFC 4493 with a 256-bit key: CBC under an IV of zeros, the last block masked by a subkey; the MAC is the last block. */
function aesCmac(key: Buffer, message: Buffer): Buffer {
  const cbc = (data: Buffer): Buffer => createCipheriv('aes-256-cbc', key, Buffer.alloc(BLOCK)).setAutoPadding(false).update(data)
  const whole = message.length > 0 && message.length % BLOCK === 0
  const first = doubled(cbc(Buffer.alloc(BLOCK)))
  const subkey = whole ? first : doubled(first)
  const padded = whole ? Buffer.from(message) : Buffer.concat([message, Buffer.from([0x80]), Buffer.alloc(BLOCK - 1 - (message.length % BLOCK))])
  const last = padded.subarray(-BLOCK)
  for (const [index, byte] of subkey.entries()) last[index] = (last[index] ?? 0) ^ byte
  return cbc(padded).subarray(-BLOCK)
}

/** Multiplication by x in GF(2^128), RFC 4493 section 2.3. */
function doubled(block: Buffer): Buffer {
  const shifted = Buffer.alloc(BLOCK)
  for (let i = 0; i < BLOCK; i++) shifted[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7)
  if ((block[0] ?? 0) & 0x80) shifted[BLOCK - 1] = (shifted[BLOCK - 1] ?? 0) ^ 0x87
  return shifted
}
