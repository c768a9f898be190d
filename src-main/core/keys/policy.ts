import { parsePolicy } from '../access/parse.ts'
import { utf8 } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import type { AccountId } from '../vocabulary/ids.ts'
import { rootArn } from './arn.ts'

/** The key policy that CreateKey gives where the caller gives none: the account's root may do all, and IAM policies count (AWS KMS default). */
export function defaultKeyPolicy(account: AccountId): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: rootArn(account) },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
}

/** AWS KMS's quota for a key policy, in bytes. */
const LONGEST_POLICY = 32_768

/** A key policy as given. Throws MalformedPolicyDocumentException, which says where, and LimitExceededException over 32 KB. */
export function newKeyPolicy(text: string): string {
  if (utf8(text).length > LONGEST_POLICY) throw new VaultError('LimitExceededException', { text: `A key policy has at most ${LONGEST_POLICY} bytes.` })
  parsePolicy(text, 'key')
  return text
}
