import type { Facts } from './conditions.ts'

/** GrantOperation of AWS KMS: each is the action that it lends, `kms:` and its name. */
export const grantOperations = [
  'CreateGrant', 'Decapsulate', 'Decrypt', 'DeriveSharedSecret', 'DescribeKey', 'Encapsulate', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'GetPublicKey', 'ReEncryptFrom', 'ReEncryptTo', 'RetireGrant',
  'Sign', 'Verify', 'VerifyMac',
] as const
export type GrantOperation = (typeof grantOperations)[number]

/** GrantConstraints of AWS KMS. */
export interface GrantConstraints {
  readonly EncryptionContextEquals?: Readonly<Record<string, string>> | undefined
  readonly EncryptionContextSubset?: Readonly<Record<string, string>> | undefined
}

/** What the evaluator looks at in a grant. */
export interface LentRight {
  readonly id: string
  /** The grantee principal's ARN. */
  readonly grantee: string
  readonly operations: readonly GrantOperation[]
  readonly constraints: GrantConstraints
}

/** Operations with an encryption context: a grant's constraint is about them only (AWS KMS, "Using grant constraints"). */
const WITH_CONTEXT: readonly GrantOperation[] = [
  'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo',
]

/** Whether a grant lends this action for a call of this encryption context (undefined: it has none). */
export function lends(grant: LentRight, action: string, context: Readonly<Record<string, string>> | undefined): boolean {
  const operation = grant.operations.find((each) => `kms:${each}` === action)
  if (operation === undefined) return false
  return !WITH_CONTEXT.includes(operation) || contextFits(grant.constraints, context ?? {})
}

/** Exactly these pairs, or at least these; both, if both are asked. Keys and values are compared as they are. */
export function contextFits(constraints: GrantConstraints, context: Readonly<Record<string, string>>): boolean {
  const { EncryptionContextEquals: equal, EncryptionContextSubset: subset } = constraints
  if (equal !== undefined && !(within(equal, context) && within(context, equal))) return false
  return subset === undefined || within(subset, context)
}

/** Every pair of the one is a pair of the other. */
export function within(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  return Object.entries(one).every(([key, value]) => Object.hasOwn(other, key) && other[key] === value)
}

/**
 * Whether a grant that lends CreateGrant lends making this one: no more operations, and no looser constraint (AWS KMS, "Granting
 * CreateGrant permission").
 */
export function isNarrower(next: Pick<LentRight, 'operations' | 'constraints'>, parent: Pick<LentRight, 'operations' | 'constraints'>): boolean {
  if (!next.operations.every((operation) => parent.operations.includes(operation))) return false
  const { EncryptionContextEquals: equal, EncryptionContextSubset: subset } = parent.constraints
  const own = next.constraints
  if (equal !== undefined && !(own.EncryptionContextEquals !== undefined && within(equal, own.EncryptionContextEquals) && within(own.EncryptionContextEquals, equal))) return false
  const least = own.EncryptionContextEquals ?? own.EncryptionContextSubset
  return subset === undefined || (least !== undefined && within(subset, least))
}

/** The values that a fact has for `kms:GrantConstraintType`. */
export function constraintTypes(constraints: GrantConstraints): ReturnType<Facts> {
  const types = (['EncryptionContextEquals', 'EncryptionContextSubset'] as const).filter((type) => constraints[type] !== undefined)
  return types.length === 0 ? undefined : types
}
