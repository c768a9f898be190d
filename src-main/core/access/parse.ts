import { VaultError } from '../vocabulary/failures.ts'
import { type Condition, isConditionOperator, valueFault } from './conditions.ts'
import type { Patterns, PolicyDocument, PolicyKind, StatedPrincipal, Statement } from './document.ts'
import { arnParts } from './patterns.ts'

const VERSIONS: readonly unknown[] = ['2012-10-17', '2008-10-17', undefined]
const STATEMENT_MEMBERS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

/** A member of the document with the place where it stands, for refusals: `Statement[2].Effect`. */
interface Place {
  readonly path: string
  readonly value: unknown
}

/**
 * Reads a policy document strictly: what is not understood is refused, since a Deny that is quietly ignored is no Deny.
 * Throws MalformedPolicyDocumentException, which says where.
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  const document = objectOf({ path: 'the document', value: json(text) }, ['Version', 'Id', 'Statement'])
  if (!VERSIONS.includes(document['Version'])) throw malformed('Version', 'must be 2012-10-17 or 2008-10-17')
  if (document['Id'] !== undefined && typeof document['Id'] !== 'string') throw malformed('Id', 'must be a text')
  const { Statement: given } = document
  const list: unknown[] = Array.isArray(given) ? given : [given]
  if (given === undefined || list.length === 0) throw malformed('Statement', 'is missing: there must be at least one')
  // Policy variables came with this version; before it, their characters are plain ones.
  const variables = document['Version'] === '2012-10-17'
  const statements = list.map((value, index) => statementOf({ path: Array.isArray(given) ? `Statement[${index}]` : 'Statement', value }, index, kind, variables))
  const sids = statements.flatMap(({ sid }) => (sid === undefined || sid === '' ? [] : [sid]))
  const twice = sids.findIndex((sid, i) => sids.indexOf(sid) !== i)
  if (twice >= 0) throw malformed('Statement', 'has two statements with the same Sid')
  return { statements }
}

function statementOf(place: Place, index: number, kind: PolicyKind, variables: boolean): Statement {
  const { path } = place
  const members = objectOf(place, STATEMENT_MEMBERS)
  const { Sid: sid, Effect: effect } = members
  if (sid !== undefined && typeof sid !== 'string') throw malformed(`${path}.Sid`, 'must be a text')
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`${path}.Effect`, 'must be Allow or Deny')
  const at = (name: string): Place => ({ path: `${path}.${name}`, value: members[name] })
  if (members['NotPrincipal'] !== undefined) {
    throw malformed(`${path}.NotPrincipal`, 'is not supported: name whom the statement is for in Principal, or use a Condition on aws:PrincipalArn')
  }
  const actions = eitherOf(at('Action'), at('NotAction'), requireAction)
  if (actions === undefined) throw malformed(path, 'must have Action or NotAction')
  return {
    index,
    sid,
    effect,
    principals: principalsOf(at('Principal'), kind),
    actions,
    resources: resourcesOf(at('Resource'), at('NotResource'), kind, variables),
    conditions: conditionsOf(at('Condition'), variables),
  }
}

function principalsOf(place: Place, kind: PolicyKind): StatedPrincipal[] | undefined {
  const { path, value } = place
  if (kind === 'identity') {
    if (value === undefined) return undefined
    throw malformed(path, 'is not for the policy of a user, role or group: that is about whoever has it')
  }
  if (value === undefined) throw malformed(path, 'is missing')
  if (value === '*') return [{ kind: 'anyone' }]
  return Object.entries(objectOf(place, ['AWS', 'Service', 'Federated', 'CanonicalUser'])).flatMap(([name, listed]) =>
    textsOf({ path: `${path}.${name}`, value: listed }).map((text) => (name === 'AWS' ? statedPrincipal(`${path}.${name}`, text) : { kind: 'elsewhere' as const })),
  )
}

function statedPrincipal(path: string, text: string): StatedPrincipal {
  if (text === '*') return { kind: 'anyone' }
  const account = /^(?:arn:aws:iam::)?(\d{12})(:root)?$/.exec(text)
  if (account?.[1] !== undefined && text.startsWith('arn:') === (account[2] !== undefined)) return { kind: 'account', account: account[1] }
  if (/^arn:aws:iam::\d{12}:(user|role)\/[\w+=,.@/-]{1,576}$/.test(text) || /^arn:aws:sts::\d{12}:assumed-role\/[\w+=,.@/-]{1,576}$/.test(text)) return { kind: 'named', arn: text }
  throw malformed(path, 'must be *, an account, or the ARN of a root, a user, a role or a session; no wildcard stands for part of one')
}

function resourcesOf(one: Place, other: Place, kind: PolicyKind, variables: boolean): Patterns | undefined {
  const resources = eitherOf(one, other, (path, text) => {
    requireNoVariable(path, text, variables)
    if (text !== '*' && arnParts(text) === undefined) throw malformed(path, 'must be * or an ARN of six parts, each of which may have wildcards')
  })
  if (kind === 'trust' && resources !== undefined) throw malformed(one.path, 'is not for a trust policy: that is about its role')
  if (kind !== 'trust' && resources === undefined) throw malformed(one.path, 'or NotResource is missing')
  return resources
}

function conditionsOf(place: Place, variables: boolean): Condition[] {
  if (place.value === undefined) return []
  if (isEmptyObject(place.value)) return []
  return Object.entries(objectOf(place)).flatMap(([name, block]) => {
    const path = `${place.path}.${name}`
    const [, set, operator = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? []
    if (!isConditionOperator(operator) || (operator === 'Null' && (set !== undefined || suffix !== undefined))) throw malformed(path, 'is no condition operator that is supported')
    return Object.entries(objectOf({ path, value: block })).map(([key, given]): Condition => {
      const keyPath = `${path}.${key}`
      if (!/^[a-zA-Z0-9-]+:./.test(key)) throw malformed(keyPath, 'is no condition key: they look like kms:KeySpec')
      const values = scalarsOf({ path: keyPath, value: given })
      for (const value of values) {
        requireNoVariable(keyPath, value, variables)
        const fault = valueFault(operator, value)
        if (fault !== undefined) throw malformed(keyPath, fault)
      }
      return { operator, set: set as Condition['set'], ifExists: suffix !== undefined, key: key.toLowerCase(), values }
    })
  })
}

function requireAction(path: string, text: string): void {
  if (text === '*' || /^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(text)) return
  throw malformed(path, 'must be * or a service and an action, such as kms:Decrypt or kms:GenerateDataKey*')
}

function requireNoVariable(path: string, text: string, variables: boolean): void {
  if (variables && text.includes('${')) throw malformed(path, 'has a policy variable, which is not supported')
}

/** Undefined if neither is there. */
function eitherOf(one: Place, other: Place, require: (path: string, text: string) => void): Patterns | undefined {
  if (one.value !== undefined && other.value !== undefined) throw malformed(other.path, 'cannot stand beside its opposite')
  const given = one.value === undefined ? other : one
  if (given.value === undefined) return undefined
  const patterns = textsOf(given)
  for (const text of patterns) require(given.path, text)
  return { not: given === other, patterns }
}

function textsOf({ path, value }: Place): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) throw malformed(path, 'must be a text or a list of texts')
  return list
}

/** Values of conditions: numbers and truth values stand for their texts. */
function scalarsOf({ path, value }: Place): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((item) => ['string', 'number', 'boolean'].includes(typeof item))) return list.map(String)
  throw malformed(path, 'must be a value or a list of values')
}

function objectOf({ path, value }: Place, allowed?: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(path, 'must be an object')
  const members = value as Readonly<Record<string, unknown>>
  const names = Object.keys(members)
  if (names.length === 0) throw malformed(path, 'is empty')
  if (allowed !== undefined && !names.every((name) => allowed.includes(name))) throw malformed(path, `may only have ${allowed.join(', ')}`)
  return members
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('the document', 'is no JSON')
    throw error
  }
}

function malformed(path: string, why: string): VaultError {
  return new VaultError('MalformedPolicyDocumentException', { text: `The policy document is malformed: ${path} ${why}.` })
}
