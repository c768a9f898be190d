// A second, deliberately naive reading of the same rules, over the JSON text itself: regular expressions, loops, no early exits, nothing
// shared with the evaluator. The property test holds one against the other.

export interface NaiveStatement {
  Effect: 'Allow' | 'Deny'
  Principal?: '*' | { AWS: string[] }
  Action?: string[]
  NotAction?: string[]
  Resource?: string[]
  NotResource?: string[]
  Condition?: Record<string, Record<string, string[]>>
}

export interface NaiveGrant {
  id: string
  grantee: string
  operations: string[]
  constraints: { EncryptionContextEquals?: Record<string, string>; EncryptionContextSubset?: Record<string, string> }
}

export interface NaiveCase {
  who: string
  action: string
  arn: string
  keyPolicy: NaiveStatement[] | undefined
  identity: NaiveStatement[]
  grants: NaiveGrant[]
  context: Record<string, string>
  facts: Record<string, string[]>
}

export function naively({ who, action, arn, keyPolicy, identity, grants, context, facts }: NaiveCase): string {
  const account = who.split(':')[4]!
  const isRoot = who === `arn:aws:iam::${account}:root`
  const sameAccount = account === arn.split(':')[4]
  const about = (s: NaiveStatement) => actionOk(s, action) && resourceOk(s, arn) && conditionOk(s, facts)
  const hasAccount = (s: NaiveStatement) => typeof s.Principal === 'object' && s.Principal.AWS.some((p) => p === account || p === `arn:aws:iam::${account}:root`)
  const hasPerson = (s: NaiveStatement) => s.Principal === '*' || (s.Principal?.AWS.some((p) => p === '*' || (p === who && !p.endsWith(':root'))) ?? false)

  let denied = false
  let keyNames = false
  let keyDelegates = false
  for (const s of keyPolicy ?? []) {
    if (!about(s)) continue
    if (s.Effect === 'Deny' && (hasAccount(s) || hasPerson(s))) denied = true
    if (s.Effect === 'Allow' && hasPerson(s)) keyNames = true
    if (s.Effect === 'Allow' && hasAccount(s)) {
      keyDelegates = true
      if (isRoot) keyNames = true
    }
  }
  let ownAllows = isRoot
  for (const s of isRoot ? [] : identity) {
    if (!about(s)) continue
    if (s.Effect === 'Deny') denied = true
    else ownAllows = true
  }
  const granted = keyPolicy !== undefined && grants.some((g) => g.grantee === who && g.operations.map((o) => `kms:${o}`).includes(action) && (action === 'kms:DescribeKey' || contextOk(g, context)))

  if (denied) return 'explicit-deny'
  if (keyPolicy === undefined) return !sameAccount ? 'no-resource-policy' : ownAllows ? 'allowed' : 'no-identity-policy'
  if (sameAccount) {
    if (keyNames || granted || (keyDelegates && ownAllows)) return 'allowed'
    return keyDelegates ? 'no-identity-policy' : 'no-resource-policy'
  }
  if (!keyNames && !keyDelegates && !granted) return 'no-resource-policy'
  return ownAllows ? 'allowed' : 'no-identity-policy'
}

function pattern(text: string, flags = ''): RegExp {
  return new RegExp(`^${text.replace(/[.+^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`)
}

function actionOk(s: NaiveStatement, action: string): boolean {
  if (s.Action) return s.Action.some((a) => pattern(a, 'i').test(action))
  return !s.NotAction!.some((a) => pattern(a, 'i').test(action))
}

function resourceOk(s: NaiveStatement, arn: string): boolean {
  const one = (wanted: string) => wanted === '*' || wanted.split(':').every((part, i) => pattern(part).test(arn.split(':')[i]!))
  return s.Resource ? s.Resource.some(one) : !s.NotResource!.some(one)
}

function conditionOk(s: NaiveStatement, facts: Record<string, string[]>): boolean {
  let ok = true
  for (const [name, block] of Object.entries(s.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(block)) {
      if (!oneCondition(name, facts[key], wanted, s.Effect)) ok = false
    }
  }
  return ok
}

function oneCondition(name: string, given: string[] | undefined, wanted: string[], effect: string): boolean {
  if (name === 'Null') return wanted.includes(given ? 'false' : 'true')
  const all = name.startsWith('ForAllValues:')
  const any = name.startsWith('ForAnyValue:')
  const ifExists = name.endsWith('IfExists')
  const operator = name.replace(/^.*:/, '').replace('IfExists', '')
  const negated = operator.includes('Not')
  const values = given ?? []
  const holds = values.map((value) => {
    let some = false
    for (const w of wanted) {
      if (operator === 'StringEquals' || operator === 'StringNotEquals') some ||= value === w
      if (operator === 'StringLike' || operator === 'StringNotLike') some ||= pattern(w).test(value)
      if (operator === 'NumericLessThan') some ||= Number(value) < Number(w)
    }
    return negated ? !some : some
  })
  if (all) return !holds.includes(false)
  if (values.length === 0) return ifExists || (negated && !any)
  if (any || effect === 'Deny') return holds.includes(true)
  return !holds.includes(false)
}

function contextOk({ constraints }: NaiveGrant, context: Record<string, string>): boolean {
  const pairs = (map: Record<string, string>) => Object.entries(map).map((pair) => JSON.stringify(pair)).sort()
  if (constraints.EncryptionContextEquals && pairs(constraints.EncryptionContextEquals).join() !== pairs(context).join()) return false
  return !constraints.EncryptionContextSubset || pairs(constraints.EncryptionContextSubset).every((pair) => pairs(context).includes(pair))
}
