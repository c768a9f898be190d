import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import type { AesGcm } from '#core/ports/crypto.ts'
import { concat } from '#core/vocabulary/bytes.ts'
import { plain } from './plain.ts'

const NAMES: Readonly<Record<number, CipherGCMTypes>> = { 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' }
const TAG_BYTES = 16

/** One key for many messages. A KeyObject: with a plain buffer Node imports the key again for each message, which takes longer than a small one. */
export function aesGcm(key: Uint8Array): AesGcm {
  const imported = createSecretKey(key)
  // Node refuses a key of another length.
  const name = NAMES[key.length] ?? 'aes-256-gcm'
  return {
    seal(iv, plaintext, aad) {
      const cipher = createCipheriv(name, imported, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(aad)
      const ciphertext = cipher.update(plaintext)
      // GCM is a stream: final() makes the tag and gives no more bytes.
      cipher.final()
      return { ciphertext: plain(ciphertext), tag: plain(cipher.getAuthTag()) }
    },

    open(iv, ciphertext, tag, aad) {
      if (tag.length !== TAG_BYTES) return undefined
      const decipher = createDecipheriv(name, imported, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(aad)
      decipher.setAuthTag(tag)
      const plaintext = decipher.update(ciphertext)
      try {
        decipher.final()
        return plain(plaintext)
      } catch {
        // With key, IV and tag of the right lengths (checked by Node), final() fails for one reason: the tag.
        plaintext.fill(0)
        return undefined
      }
    },
  }
}

export function aesGcmSeal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const { ciphertext, tag } = aesGcm(key).seal(iv, plaintext, aad)
  return concat(ciphertext, tag)
}

export function aesGcmOpen(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  const end = sealed.length - TAG_BYTES
  return end < 0 ? undefined : aesGcm(key).open(iv, sealed.subarray(0, end), sealed.subarray(end), aad)
}
