import type { Condition, Effect } from './conditions.ts'

/** Where a policy document belongs: to a principal or a group, to a key, or to a role as who may assume it. */
export type PolicyKind = 'identity' | 'key' | 'trust'

/** A policy document as it was understood (IAM, "Grammar of the IAM JSON policy language"). */
export interface PolicyDocument {
  readonly statements: readonly Statement[]
}

export interface Statement {
  /** Its place in the document, from 0. */
  readonly index: number
  readonly sid: string | undefined
  readonly effect: Effect
  /** Undefined in the policy of an identity, which is about whoever has it. */
  readonly principals: readonly StatedPrincipal[] | undefined
  readonly actions: Patterns
  /** Undefined in a trust policy, which is about its role. */
  readonly resources: Patterns | undefined
  readonly conditions: readonly Condition[]
}

/** `not`: NotAction or NotResource, everything but these. */
export interface Patterns {
  readonly not: boolean
  readonly patterns: readonly string[]
}

export type StatedPrincipal =
  | { readonly kind: 'anyone' }
  /** `arn:aws:iam::ACCOUNT:root` or the bare account id: the account, which decides by its own policies whom it lets. */
  | { readonly kind: 'account'; readonly account: string }
  /** A user, a role or a session, by ARN. */
  | { readonly kind: 'named'; readonly arn: string }
  /** A service or a federated identity: nobody in a vault. */
  | { readonly kind: 'elsewhere' }

