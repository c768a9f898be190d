import type { MessageCrypto } from './message-crypto.ts'
import type { PublicKeyCrypto } from './public-key-crypto.ts'

/**
 * The Crypto port: primitives on bytes, no keys of the vault, no policy. Runs alike on OpenSSL (Node) and BoringSSL (Electron).
 * All functions leave their inputs as they were; the caller owns each result and wipes it where it is secret.
 */
export interface Crypto {
  readonly publicKeys: PublicKeyCrypto
  readonly messages: MessageCrypto
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array
  /** HMAC-SHA256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /** HKDF-SHA256 (RFC 5869), `length` bytes, at most 8160. */
  hkdfSha256(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** HKDF-SHA512 (RFC 5869), `length` bytes, at most 16320. */
  hkdfSha512(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** AES-256-GCM (SP 800-38D): ciphertext, then the 16-byte tag. Key 32 bytes, IV 12 bytes. */
  aesGcmSeal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array
  /** Undefined if the tag does not match. */
  aesGcmOpen(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined
  /** AES-GCM under one key (32 bytes; 16 and 24 for files of others; copied) for many messages, such as the frames of a file. */
  aesGcm(key: Uint8Array): AesGcm
  /** Compares in time that depends on the lengths only; false for different lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean
  /** Argon2id version 0x13 (RFC 9106), 32 bytes. Runs off the calling thread. */
  argon2id(password: Uint8Array, salt: Uint8Array, parameters: Argon2Parameters): Promise<Uint8Array>
  /** A new X25519 key pair (RFC 7748), raw 32-byte keys. */
  x25519Generate(): { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }
  /** The X25519 shared secret, 32 bytes; undefined if it is all zero (a low-order point; RFC 7748 section 6.1). */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined
}

/**
 * One AES-256-GCM key, imported once: per message that saves more than the cipher costs for small ones. Inputs may be parts of larger
 * buffers and are not copied. The copy of the key that this holds cannot be wiped by the caller; the library overwrites it when it
 * frees it, so let go of this as soon as the last message is done.
 */
export interface AesGcm {
  /** IV 12 bytes. The ciphertext is as long as the plaintext, the tag has 16 bytes; they are not joined, which would copy them. */
  seal(iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array }
  /** Undefined if the tag does not match; no plaintext is left behind then. */
  open(iv: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array, aad: Uint8Array): Uint8Array | undefined
}

export interface Argon2Parameters {
  /** Memory in KiB. */
  readonly memoryKiB: number
  /** Passes over the memory (t). */
  readonly passes: number
  /** Lanes (p). */
  readonly lanes: number
}
