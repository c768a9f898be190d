import { rootArn } from './arn.ts'
import type { AccountId } from '../vocabulary/ids.ts'

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
