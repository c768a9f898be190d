import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import type { Provider } from './cipher.ts'

const NAMES: Readonly<Record<number, CipherGCMTypes>> = { 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' }
const OPTIONS = { authTagLength: 16 }

/** AES-GCM by what Node or Electron carries. Always there; half as fast as the same cipher without a new buffer for each output. */
export const nodeCrypto: Provider = {
  name: 'node:crypto',

  open(bytes) {
    const name = NAMES[bytes.length] ?? 'aes-256-gcm'
    const key = createSecretKey(bytes)
    return {
      seal(iv, aad, plaintext, ciphertext, tag) {
        const cipher = createCipheriv(name, key, iv, OPTIONS)
        cipher.setAAD(aad)
        ciphertext.set(cipher.update(plaintext))
        cipher.final()
        tag.set(cipher.getAuthTag())
      },

      open(iv, aad, ciphertext, tag, plaintext) {
        const decipher = createDecipheriv(name, key, iv, OPTIONS)
        decipher.setAAD(aad)
        decipher.setAuthTag(tag)
        const opened = decipher.update(ciphertext)
        try {
          decipher.final()
        } catch {
          // With key, IV and tag of the right lengths, final() fails for one reason: the tag.
          opened.fill(0)
          plaintext.fill(0)
          return false
        }
        plaintext.set(opened)
        opened.fill(0)
        return true
      },

      // The library overwrites a key object's bytes when it is freed.
      close: () => undefined,
    }
  },
}
