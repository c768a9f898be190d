import type { MemberView } from '#contract/vault.ts'

/** The rungs of the sealing ladder in words (docs/spec/ciphertext-blob-v1.md). */
export const sealingWords = {
  1: 'AES-GCM in the token (rung 1): plaintext goes in, ciphertext comes out, the key stays.',
  2: 'HMAC in the token gives a key per message, AES-GCM runs in the host (rung 2). The HMAC key stays in the token.',
} as const satisfies Record<MemberView['rung'], string>
