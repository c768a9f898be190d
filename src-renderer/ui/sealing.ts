import type { SealingRung } from '#core/vocabulary/kms.ts'

/** How many times a rung 1 material may encrypt (NIST SP 800-38D section 8.3: 2^32 random 96-bit IVs under one key). */
export const MOST_ENCRYPTIONS = 2 ** 32
/** From here on the console warns. */
export const MANY_ENCRYPTIONS = 2 ** 31

interface Rung {
  readonly short: string
  readonly mechanism: string
  readonly limit: string
  readonly text: string
}

/** The rungs of the sealing ladder in words (docs/spec/ciphertext-blob-v1.md). */
export const rungs = {
  1: {
    short: 'In the token',
    mechanism: 'CKM_AES_GCM',
    limit: '4.3 billion encryptions, then only decrypting',
    text: 'Rung 1: the token encrypts and decrypts by itself with AES-256-GCM. Each encryption has a random IV, so one material may encrypt 4,294,967,296 times; Holdfast counts them, in blocks of 65,536 that it reserves ahead, and then refuses to encrypt. Decrypting has no limit.',
  },
  2: {
    short: 'Key per message from the token',
    mechanism: 'CKM_SHA256_HMAC',
    limit: 'None: a key per message',
    text: 'Rung 2: the token makes a key for each message with HMAC-SHA256 over a random salt and the encryption context; AES-256-GCM runs in Holdfast, which wipes that key after the call. The material never leaves the token, and there is no count to watch.',
  },
} as const satisfies Record<SealingRung, Rung>

/** SoftHSM calls itself so; what it holds is protected by the operating system only. */
export function isSoftware(token: { readonly manufacturer: string; readonly model: string }): boolean {
  return /softhsm/i.test(`${token.manufacturer} ${token.model}`)
}
