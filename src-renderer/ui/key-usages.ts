import { keyUsages, type KeyUsage } from '#core/vocabulary/kms.ts'

interface Usage {
  /** What a key of it does. */
  readonly words: string
  /** What is lost with it: the end of "After 7 days ". */
  readonly loss: (name: string) => readonly [subject: string, fate: string]
}

/** AWS KMS's key usages in words. */
export const usages = {
  ENCRYPT_DECRYPT: { words: 'Encrypt and decrypt', loss: (name) => [`every file, data key and ciphertext under ${name}`, 'can never be decrypted again.'] },
  SIGN_VERIFY: { words: 'Sign and verify', loss: (name) => [`nothing can be signed with ${name} any more, and its signatures`, 'are verified only by who has kept its public key.'] },
  GENERATE_VERIFY_MAC: { words: 'Make and verify MACs', loss: (name) => [`every MAC that ${name} has made`, 'can never be verified again.'] },
  KEY_AGREEMENT: { words: 'Agree on secrets', loss: (name) => [`every secret that was agreed on with ${name}`, 'can never be derived again.'] },
  ENCAPSULATE_DECAPSULATE: { words: 'Encapsulate and decapsulate', loss: (name) => [`every secret that was encapsulated under ${name}`, 'can never be opened again.'] },
} as const satisfies Record<KeyUsage, Usage>

/** The row of a usage; of encryption for one that this page does not know yet. */
export function usageOf({ usage }: { readonly usage: string }): Usage {
  return usages[keyUsages.find((known) => known === usage) ?? 'ENCRYPT_DECRYPT']
}

/** Whether a key wraps data keys, and so encrypts files; only such keys rotate. */
export function isSymmetric({ spec }: { readonly spec: string }): boolean {
  return spec === 'SYMMETRIC_DEFAULT'
}
