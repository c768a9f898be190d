/**
 * AES-GCM as the file threads use it: one key, many messages, output into a buffer that is there already. Not the Crypto port, whose
 * functions give new buffers: at several GB/s their allocation costs more than the cipher.
 */
export interface Cipher {
  /** Writes the ciphertext (as long as the plaintext) and the tag (16 bytes). The views may not overlap, but for being the same one. */
  seal(iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): void
  /** False if the tag does not match; what was written to `plaintext` is no plaintext then and is overwritten with zeros. */
  open(iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array, plaintext: Uint8Array): boolean
  /** Lets go of the key. */
  close(): void
}

export const providerNames = ['libcrypto', 'node:crypto'] as const
export type ProviderName = (typeof providerNames)[number]

/** A way to do AES-GCM on this machine. */
export interface Provider {
  readonly name: ProviderName
  /** A key of 16, 24 or 32 bytes, which is copied. */
  open(key: Uint8Array): Cipher
}
