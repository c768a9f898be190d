import type { DecryptionChoice } from '#services/files/decrypt-file.ts'
import type { EncryptionChoice } from '#services/files/encrypt-file.ts'

/** The contract's members for encrypting a file, with what silence means. */
export function encryptionChoice(input: {
  readonly keyId: string
  readonly furtherKeyIds?: string[] | undefined
  readonly recipients?: string[] | undefined
  readonly signature?: EncryptionChoice['signature'] | undefined
  readonly afterwards?: EncryptionChoice['afterwards'] | undefined
  readonly context?: Record<string, string> | undefined
}): EncryptionChoice {
  const { keyId, furtherKeyIds = [], recipients = [], signature = 'none', afterwards = 'nothing', context = {} } = input
  return { keyIds: [keyId, ...furtherKeyIds], recipients, signature, afterwards, context }
}

/** The same for reading one. */
export function decryptionChoice(input: {
  readonly context?: Record<string, string> | undefined
  readonly commitment?: DecryptionChoice['commitment'] | undefined
  readonly keyFiles?: string[] | undefined
}): DecryptionChoice {
  const { context, commitment = 'require', keyFiles = [] } = input
  return { context, commitment, keyFiles }
}
