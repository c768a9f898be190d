import { conditionHolds, type Facts } from './conditions.ts'
import type { Patterns, PolicyDocument, Statement } from './document.ts'
import { lends, type LentRight } from './grant.ts'
import { fitsAction, fitsArn } from './patterns.ts'

/** One question: may this principal do this to that, in this way? */
export interface Question {
  readonly principal: Asker
  /** Such as `kms:Decrypt`. */
  readonly action: string
  readonly resource: Asked
  readonly facts: Facts
  /** The encryption context, which grants are held against; undefined where the call has none. */
  readonly encryptionContext: Readonly<Record<string, string>> | undefined
}

export interface Asker {
  readonly arn: string
  readonly account: string
  /** The account's root: no policy of an identity is about it, and within its account none is needed. */
  readonly root: boolean
  /** Of the user and its groups, or of the role. */
  readonly policies: readonly NamedPolicy[]
  /** Whom else policies may name it by: the role of a session. */
  readonly aliases?: readonly string[]
}

export interface Asked {
  readonly arn: string
  readonly account: string
  /** The key policy; undefined for what is no key. */
  readonly policy: NamedPolicy | undefined
  readonly grants: readonly LentRight[]
}

export interface NamedPolicy {
  /** For people: `key policy of …`, `policy administrators`. */
  readonly name: string
  readonly document: PolicyDocument
}

/** What decided: a statement, or a grant. */
export type Deciding =
  | { readonly kind: 'resource' | 'identity'; readonly document: string; readonly index: number; readonly sid: string | undefined }
  | { readonly kind: 'grant'; readonly grantId: string }
  /** The account's root in its own account, where no key policy has a say. */
  | { readonly kind: 'root' }
  /** A grant that names its caller as the one who retires it. */
  | { readonly kind: 'retiring' }

export type Decision =
  | { readonly allowed: true; readonly by: Deciding }
  | { readonly allowed: false; readonly because: 'explicit-deny'; readonly by: Deciding }
  | { readonly allowed: false; readonly because: 'no-identity-policy' | 'no-resource-policy' }

/**
 * AWS's decision, in its order: an explicit deny anywhere; then, within the account, a key policy that names the principal, a grant, or a key
 * policy that lets the account decide (the root statement) together with a policy of the principal. For another account's principal both
 * sides must allow. What nothing allows is denied. (IAM, "Policy evaluation logic"; AWS KMS, "Determining access".)
 */
export function evaluate(question: Question): Decision {
  const { principal, resource } = question
  const own = identityMatches(question)
  const keys = keyMatches(question)
  const denied = keys.find(({ effect }) => effect === 'Deny') ?? own.find(({ effect }) => effect === 'Deny')
  if (denied !== undefined) return { allowed: false, because: 'explicit-deny', by: denied.by }

  const home = principal.account === resource.account
  const identity: Deciding | undefined = own[0]?.by ?? (principal.root ? { kind: 'root' } : undefined)
  if (resource.policy === undefined) {
    if (!home) return { allowed: false, because: 'no-resource-policy' }
    return identity === undefined ? { allowed: false, because: 'no-identity-policy' } : { allowed: true, by: identity }
  }
  const grant = resource.grants.find((each) => each.grantee === principal.arn && lends(each, question.action, question.encryptionContext))
  const named: Deciding | undefined = keys.find(({ whole }) => !whole || principal.root)?.by ?? (grant && { kind: 'grant', grantId: grant.id })
  if (home && named !== undefined) return { allowed: true, by: named }
  if (named === undefined && keys.length === 0) return { allowed: false, because: 'no-resource-policy' }
  if (identity === undefined) return { allowed: false, because: 'no-identity-policy' }
  return { allowed: true, by: home ? identity : (named ?? keys[0]?.by ?? identity) }
}

/** A statement about this question. */
interface Match {
  readonly effect: Statement['effect']
  readonly by: Deciding
  /** It names the account as a whole, not the principal. */
  readonly whole: boolean
}

function identityMatches(question: Question): Match[] {
  const { principal } = question
  if (principal.root) return []
  return principal.policies.flatMap((policy) =>
    policy.document.statements.filter((statement) => isAbout(statement, question)).map((statement) => match('identity', policy, statement, false)),
  )
}

function keyMatches(question: Question): Match[] {
  const { policy } = question.resource
  if (policy === undefined) return []
  return policy.document.statements.flatMap((statement) => {
    const how = namesPrincipal(statement, question.principal)
    return how === undefined || !isAbout(statement, question) ? [] : [match('resource', policy, statement, how === 'account')]
  })
}

/** How a statement of a resource's policy names a principal; undefined if it does not. */
export function namesPrincipal({ principals = [] }: Statement, principal: Pick<Asker, 'arn' | 'account' | 'aliases'>): 'self' | 'account' | undefined {
  const isSelf = (arn: string): boolean => arn === principal.arn || principal.aliases?.includes(arn) === true
  if (principals.some((each) => each.kind === 'anyone' || (each.kind === 'named' && isSelf(each.arn)))) return 'self'
  return principals.some((each) => each.kind === 'account' && each.account === principal.account) ? 'account' : undefined
}

/** Whether a statement is about the action, the resource and the way of a call; whom it is about is another question. */
function isAbout(statement: Statement, { action, resource, facts }: Question): boolean {
  return (
    includes(statement.actions, (pattern) => fitsAction(pattern, action)) &&
    (statement.resources === undefined || includes(statement.resources, (pattern) => fitsArn(pattern, resource.arn))) &&
    statement.conditions.every((condition) => conditionHolds(condition, facts, statement.effect))
  )
}

function includes({ not, patterns }: Patterns, fitsOne: (pattern: string) => boolean): boolean {
  return patterns.some(fitsOne) !== not
}

function match(kind: 'resource' | 'identity', policy: NamedPolicy, { effect, index, sid }: Statement, whole: boolean): Match {
  return { effect, by: { kind, document: policy.name, index, sid }, whole }
}
