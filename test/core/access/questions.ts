import type { Facts } from '#core/access/conditions.ts'
import type { PolicyKind } from '#core/access/document.ts'
import type { NamedPolicy, Question } from '#core/access/evaluate.ts'
import type { LentRight } from '#core/access/grant.ts'
import { parsePolicy } from '#core/access/parse.ts'

export const HOME = '111122223333'
export const OTHER = '444455556666'
export const KEY = `arn:aws:kms:lab:${HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ALICE = `arn:aws:iam::${HOME}:user/alice`
export const BOB = `arn:aws:iam::${HOME}:user/bob`
export const EVE = `arn:aws:iam::${OTHER}:user/eve`
export const root = (account: string) => `arn:aws:iam::${account}:root`

/** A question written down for a test. Without a key policy it is about what is no key. */
export interface Written {
  readonly who?: string
  readonly action?: string
  readonly arn?: string
  readonly key?: object | readonly object[]
  readonly identity?: readonly object[]
  readonly grants?: readonly LentRight[]
  readonly context?: Readonly<Record<string, string>>
  readonly facts?: Readonly<Record<string, readonly string[]>>
}

export function policy(name: string, kind: PolicyKind, statements: object | readonly object[]): NamedPolicy {
  return { name, document: parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind) }
}

export function question({ who = ALICE, action = 'kms:Decrypt', arn = KEY, key, identity = [], grants = [], context, facts = {} }: Written): Question {
  const given: Facts = (name) => facts[name]
  return {
    principal: {
      arn: who,
      account: who.split(':')[4] ?? '',
      root: who.endsWith(':root'),
      policies: identity.map((statement, i) => policy(`policy ${i}`, 'identity', statement)),
    },
    action,
    resource: { arn, account: arn.split(':')[4] ?? '', policy: key && policy('the key policy', 'key', key), grants },
    facts: given,
    encryptionContext: context,
  }
}

export function allow(Action: string | string[] = 'kms:*', more: object = {}): object {
  return { Effect: 'Allow', Action, Resource: '*', ...more }
}

export function deny(Action: string | string[] = 'kms:*', more: object = {}): object {
  return { Effect: 'Deny', Action, Resource: '*', ...more }
}

export const to = (...arns: string[]) => ({ Principal: { AWS: arns } })
/** The statement that lets an account's own policies decide. */
export const ROOT_STATEMENT = allow('kms:*', to(root(HOME)))

export function grant(operations: LentRight['operations'], constraints: LentRight['constraints'] = {}, grantee = ALICE): LentRight {
  return { id: 'g', grantee, operations, constraints }
}
