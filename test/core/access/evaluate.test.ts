import { describe, expect, it } from 'vitest'
import { conditionHolds } from '#core/access/conditions.ts'
import { evaluate } from '#core/access/evaluate.ts'
import { isNarrower } from '#core/access/grant.ts'
import { parsePolicy } from '#core/access/parse.ts'
import { fitsAction, fitsArn } from '#core/access/patterns.ts'
import { accessDenied } from '#core/access/refusal.ts'
import { ALICE, allow, BOB, deny, EVE, grant, HOME, KEY, OTHER, question, root, ROOT_STATEMENT, to, type Written } from './questions.ts'

// The rules, one case each, from IAM's "Policy evaluation logic" and "Grammar of the IAM JSON policy language", and from AWS KMS's "Key policies",
// "Grants" and "Allowing users in other accounts to use a KMS key".

const LIST = `arn:aws:kms:lab:${HOME}:key/*`
const A = { app: 'a' }

type Verdict = 'allowed' | 'explicit-deny' | 'no-identity-policy' | 'no-resource-policy'
const decisions: readonly (readonly [rule: string, written: Written, verdict: Verdict, deciding?: string | undefined])[] = [
  ['what no policy allows is denied', { key: allow('kms:*', to(BOB)) }, 'no-resource-policy'],
  ['a key policy that names the user is enough', { key: allow('kms:*', to(ALICE)) }, 'allowed', 'resource 0'],
  ['a key policy that names another user is not', { key: allow('kms:*', to(BOB)), identity: [allow()] }, 'no-resource-policy'],
  ['a key policy for anyone is enough for a user of the account', { key: allow('kms:*', { Principal: '*' }) }, 'allowed', 'resource 0'],
  ['{"AWS": "*"} is anyone too', { key: allow('kms:*', { Principal: { AWS: '*' } }) }, 'allowed', 'resource 0'],
  ['the root statement alone lets no user in', { key: ROOT_STATEMENT }, 'no-identity-policy'],
  ['the root statement lets the policies of users decide', { key: ROOT_STATEMENT, identity: [allow('kms:Decrypt')] }, 'allowed', 'identity 0'],
  ['a bare account id is the account', { key: allow('kms:*', to(HOME)), identity: [allow()] }, 'allowed', 'identity 0'],
  ['without the root statement policies of users count for nothing', { key: allow('kms:*', to(BOB)), identity: [allow('*')] }, 'no-resource-policy'],
  ['a root statement for one action delegates no other', { key: allow('kms:Encrypt', to(root(HOME))), identity: [allow()] }, 'no-resource-policy'],
  ['root is let in by the root statement', { who: root(HOME), key: ROOT_STATEMENT }, 'allowed', 'resource 0'],
  ['root is not let in by a key policy that leaves it out', { who: root(HOME), key: allow('kms:*', to(ALICE)) }, 'no-resource-policy'],
  ['an explicit deny in a key policy holds for root', { who: root(HOME), key: [ROOT_STATEMENT, deny('kms:Decrypt', to(root(HOME)))] }, 'explicit-deny', 'resource 1'],
  ['a deny of the account is a deny of its users', { key: [allow('kms:*', to(ALICE)), deny('kms:Decrypt', to(root(HOME)))] }, 'explicit-deny', 'resource 1'],
  ['a deny of anyone is a deny of everyone', { key: [allow('kms:*', to(ALICE)), deny('kms:Decrypt', { Principal: '*' })] }, 'explicit-deny', 'resource 1'],
  ['a deny of another user is none of this one', { key: [allow('kms:*', to(ALICE)), deny('kms:*', to(BOB))] }, 'allowed', 'resource 0'],
  ['a deny in the key policy outweighs a policy of the user', { key: [ROOT_STATEMENT, deny('kms:*', to(ALICE))], identity: [allow()] }, 'explicit-deny', 'resource 1'],
  ['a deny in a policy of the user outweighs the key policy', { key: allow('kms:*', to(ALICE)), identity: [deny('kms:Decrypt')] }, 'explicit-deny', 'identity 0'],
  ['a deny outweighs an allow of the same policy, whatever their order', { key: ROOT_STATEMENT, identity: [[deny('kms:Decrypt'), allow()]] }, 'explicit-deny', 'identity 0'],
  ['a deny outweighs an allow of another policy', { key: ROOT_STATEMENT, identity: [allow(), deny('kms:D*')] }, 'explicit-deny', 'identity 0'],
  ['a deny of another action does not hurt', { key: ROOT_STATEMENT, identity: [[allow(), deny('kms:Encrypt')]] }, 'allowed', 'identity 0'],
  ['the statement that decided is told by its place', { key: ROOT_STATEMENT, identity: [[allow('kms:Encrypt'), allow('kms:Decrypt')]] }, 'allowed', 'identity 1'],
  ['policies of an identity are not about root', { who: root(HOME), key: ROOT_STATEMENT, identity: [deny()] }, 'allowed', 'resource 0'],
  ['a grant is enough', { key: allow('kms:*', to(BOB)), grants: [grant(['Decrypt'])] }, 'allowed', 'grant'],
  ['a grant lends only its operations', { key: allow('kms:*', to(BOB)), grants: [grant(['Encrypt'])] }, 'no-resource-policy'],
  ['a grant lends only to its grantee', { key: allow('kms:*', to(BOB)), grants: [grant(['Decrypt'], {}, BOB)] }, 'no-resource-policy'],
  ['a deny in the key policy outweighs a grant', { key: deny('kms:Decrypt', to(ALICE)), grants: [grant(['Decrypt'])] }, 'explicit-deny', 'resource 0'],
  ['a deny in a policy of the user outweighs a grant', { key: ROOT_STATEMENT, identity: [deny()], grants: [grant(['Decrypt'])] }, 'explicit-deny', 'identity 0'],
  ['a grant for a context works for it', { key: ROOT_STATEMENT, context: A, grants: [grant(['Decrypt'], { EncryptionContextEquals: A })] }, 'allowed', 'grant'],
  ['and not for another', { key: ROOT_STATEMENT, context: { app: 'b' }, grants: [grant(['Decrypt'], { EncryptionContextEquals: A })] }, 'no-identity-policy'],
  ['and not for more than it', { key: ROOT_STATEMENT, context: { ...A, x: 'y' }, grants: [grant(['Decrypt'], { EncryptionContextEquals: A })] }, 'no-identity-policy'],
  ['and not without one', { key: ROOT_STATEMENT, grants: [grant(['Decrypt'], { EncryptionContextEquals: A })] }, 'no-identity-policy'],
  ['a subset lets more pairs be', { key: ROOT_STATEMENT, context: { ...A, x: 'y' }, grants: [grant(['Decrypt'], { EncryptionContextSubset: A })] }, 'allowed', 'grant'],
  ['a subset wants its pairs', { key: ROOT_STATEMENT, context: { x: 'y' }, grants: [grant(['Decrypt'], { EncryptionContextSubset: A })] }, 'no-identity-policy'],
  ['keys of a context are compared as they are', { key: ROOT_STATEMENT, context: { App: 'a' }, grants: [grant(['Decrypt'], { EncryptionContextSubset: A })] }, 'no-identity-policy'],
  ['a constraint does not bind what has no context', { key: ROOT_STATEMENT, action: 'kms:DescribeKey', grants: [grant(['DescribeKey'], { EncryptionContextEquals: A })] }, 'allowed', 'grant'],
  ['the second grant may be the one', { key: ROOT_STATEMENT, grants: [grant(['Encrypt']), grant(['Decrypt'])] }, 'allowed', 'grant'],
  ['GenerateDataKey lends not its form without plaintext', { key: ROOT_STATEMENT, action: 'kms:GenerateDataKeyWithoutPlaintext', grants: [grant(['GenerateDataKey'])] }, 'no-identity-policy'],
  ['ReEncryptFrom is an operation of its own', { key: ROOT_STATEMENT, action: 'kms:ReEncryptFrom', grants: [grant(['ReEncryptFrom'])] }, 'allowed', 'grant'],
  ['no grant lends an administrator’s action', { key: ROOT_STATEMENT, action: 'kms:PutKeyPolicy', grants: [grant(['CreateGrant', 'Decrypt'])] }, 'no-identity-policy'],
  ['another account needs the key policy', { who: EVE, key: ROOT_STATEMENT, identity: [allow()] }, 'no-resource-policy'],
  ['another account needs its own policy', { who: EVE, key: [ROOT_STATEMENT, allow('kms:Decrypt', to(root(OTHER)))] }, 'no-identity-policy'],
  ['with both it gets in', { who: EVE, key: [ROOT_STATEMENT, allow('kms:Decrypt', to(root(OTHER)))], identity: [allow('kms:Decrypt', { Resource: KEY })] }, 'allowed', 'resource 1'],
  ['both are needed even where the key policy names the user', { who: EVE, key: allow('kms:Decrypt', to(EVE)) }, 'no-identity-policy'],
  ['and even where it names anyone', { who: EVE, key: allow('kms:Decrypt', { Principal: '*' }) }, 'no-identity-policy'],
  ['named and allowed, it gets in', { who: EVE, key: allow('kms:Decrypt', to(EVE)), identity: [allow()] }, 'allowed', 'resource 0'],
  ['another account’s root needs the key policy alone', { who: root(OTHER), key: allow('kms:Decrypt', to(root(OTHER))) }, 'allowed', 'resource 0'],
  ['another account’s root has no say of its own', { who: root(OTHER), key: ROOT_STATEMENT }, 'no-resource-policy'],
  ['its own policy must be about this key', { who: EVE, key: allow('kms:Decrypt', to(EVE)), identity: [allow('kms:Decrypt', { Resource: `arn:aws:kms:lab:${OTHER}:key/*` })] }, 'no-identity-policy'],
  ['the other account may deny its own', { who: EVE, key: allow('kms:Decrypt', to(EVE)), identity: [[allow(), deny()]] }, 'explicit-deny', 'identity 1'],
  ['a grant to another account needs that account’s policy', { who: EVE, key: ROOT_STATEMENT, grants: [grant(['Decrypt'], {}, EVE)] }, 'no-identity-policy'],
  ['and is enough with it', { who: EVE, key: ROOT_STATEMENT, grants: [grant(['Decrypt'], {}, EVE)], identity: [allow()] }, 'allowed', 'grant'],
  ['what is no key is decided by the policies of the user', { arn: LIST, action: 'kms:ListKeys', identity: [allow('kms:ListKeys')] }, 'allowed', 'identity 0'],
  ['and denied without one', { arn: LIST, action: 'kms:ListKeys' }, 'no-identity-policy'],
  ['root needs none for what is no key', { who: root(HOME), arn: LIST, action: 'kms:CreateKey' }, 'allowed', 'root'],
  ['what is no key is closed to another account', { who: EVE, arn: LIST, action: 'kms:ListKeys', identity: [allow('*')] }, 'no-resource-policy'],
  ['even to its root', { who: root(OTHER), arn: LIST, action: 'kms:ListKeys' }, 'no-resource-policy'],
  ['NotAction allows all but', { key: ROOT_STATEMENT, identity: [{ Effect: 'Allow', NotAction: 'kms:Encrypt', Resource: '*' }] }, 'allowed', 'identity 0'],
  ['NotAction leaves out what it names', { key: ROOT_STATEMENT, identity: [{ Effect: 'Allow', NotAction: ['iam:*', 'kms:De*'], Resource: '*' }] }, 'no-identity-policy'],
  ['NotAction in a deny denies all but', { key: ROOT_STATEMENT, identity: [allow(), { Effect: 'Deny', NotAction: 'kms:Describe*', Resource: '*' }] }, 'explicit-deny', 'identity 0'],
  ['Resource narrows', { key: ROOT_STATEMENT, identity: [allow('kms:*', { Resource: `${KEY}0` })] }, 'no-identity-policy'],
  ['NotResource is all but', { key: ROOT_STATEMENT, identity: [{ Effect: 'Allow', Action: 'kms:*', NotResource: `${KEY}0` }] }, 'allowed', 'identity 0'],
  ['NotResource leaves out what it names', { key: ROOT_STATEMENT, identity: [{ Effect: 'Allow', Action: 'kms:*', NotResource: KEY }] }, 'no-identity-policy'],
  ['a resource of a key policy that is another key is about another key', { key: allow('kms:*', { ...to(ALICE), Resource: `${KEY}0` }) }, 'no-resource-policy'],
  ['a condition that holds allows', { key: allow('kms:*', { ...to(ALICE), Condition: { StringEquals: { 'kms:KeySpec': 'RSA_2048' } } }), facts: { 'kms:keyspec': ['RSA_2048'] } }, 'allowed', 'resource 0'],
  ['a condition that does not hold does not', { key: allow('kms:*', { ...to(ALICE), Condition: { StringEquals: { 'kms:KeySpec': 'RSA_2048' } } }), facts: { 'kms:keyspec': ['RSA_4096'] } }, 'no-resource-policy'],
  ['all conditions must hold', { key: allow('kms:*', { ...to(ALICE), Condition: { StringEquals: { 'a:x': '1', 'a:y': '2' } } }), facts: { 'a:x': ['1'] } }, 'no-resource-policy'],
  ['conditions of two operators must hold both', { key: allow('kms:*', { ...to(ALICE), Condition: { StringEquals: { 'a:x': '1' }, Bool: { 'a:b': true } } }), facts: { 'a:x': ['1'], 'a:b': ['true'] } }, 'allowed', 'resource 0'],
  ['a deny whose condition does not hold does not deny', { key: [allow('kms:*', to(ALICE)), deny('kms:*', { Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })], facts: { 'aws:securetransport': ['true'] } }, 'allowed', 'resource 0'],
  ['a deny whose condition holds denies', { key: [allow('kms:*', to(ALICE)), deny('kms:*', { Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })], facts: { 'aws:securetransport': ['false'] } }, 'explicit-deny', 'resource 1'],
  ['a service is nobody here', { key: allow('kms:*', { Principal: { Service: 's3.amazonaws.com' } }), identity: [allow()] }, 'no-resource-policy'],
  ['a list of principals is any of them', { key: allow('kms:*', to(BOB, ALICE)) }, 'allowed', 'resource 0'],
  ['a user’s name is compared as it is', { key: allow('kms:*', to(ALICE.replace('alice', 'Alice'))) }, 'no-resource-policy'],
  ['an empty condition is none', { key: allow('kms:*', { ...to(ALICE), Condition: {} }) }, 'allowed', 'resource 0'],
  ['a role is named like a user', { who: `arn:aws:iam::${HOME}:role/r`, key: allow('kms:*', to(`arn:aws:iam::${HOME}:role/r`)) }, 'allowed', 'resource 0'],
]

describe('a decision', () => {
  it.each(decisions.map((row) => ({ rule: row[0], row })))('$rule', ({ row: [, written, verdict, deciding] }) => {
    const decision = evaluate(question(written))
    expect(decision.allowed ? 'allowed' : decision.because).toBe(verdict)
    const by = 'by' in decision ? decision.by : undefined
    expect(by && ('index' in by ? `${by.kind} ${by.index}` : by.kind)).toBe(deciding)
  })
})

const T = 'true'
const F = 'false'
// [operator, values of the call (- for none), values of the policy, what it comes to for an Allow]
const conditions: readonly (readonly [operator: string, given: string | undefined, wanted: string, holds: string])[] = [
  ['StringEquals', 'a', 'a', T], ['StringEquals', 'a', 'A', F], ['StringEquals', 'a', 'b|a', T], ['StringEquals', undefined, 'a', F], ['StringEquals', 'a', '*', F],
  ['StringEquals', 'a|b', 'a', F], ['StringEquals', 'a|b', 'a|b', T],
  ['StringNotEquals', 'a', 'b', T], ['StringNotEquals', 'a', 'a', F], ['StringNotEquals', 'a', 'b|a', F], ['StringNotEquals', undefined, 'a', T],
  ['StringEqualsIgnoreCase', 'Ab', 'aB', T], ['StringEqualsIgnoreCase', 'a', 'b', F], ['StringNotEqualsIgnoreCase', 'A', 'a', F], ['StringNotEqualsIgnoreCase', 'A', 'b', T],
  ['StringLike', 'abc', 'a*', T], ['StringLike', 'abc', 'a?c', T], ['StringLike', 'abc', 'a?', F], ['StringLike', 'abc', 'A*', F], ['StringLike', '', '*', T], ['StringLike', '', '?', F],
  ['StringLike', 'aXbXc', 'a*b*c', T], ['StringLike', 'aXbXd', 'a*b*c', F], ['StringLike', 'a.c', 'a.c', T], ['StringLike', 'abc', 'a.c', F], ['StringLike', undefined, '*', F],
  ['StringNotLike', 'abc', 'a*', F], ['StringNotLike', 'abc', 'b*', T], ['StringNotLike', undefined, '*', T],
  ['StringEqualsIfExists', undefined, 'a', T], ['StringEqualsIfExists', 'b', 'a', F], ['StringEqualsIfExists', 'a', 'a', T], ['StringNotEqualsIfExists', undefined, 'a', T],
  ['NumericEquals', '7', '7', T], ['NumericEquals', '7.0', '7', T], ['NumericEquals', '8', '7', F], ['NumericNotEquals', '8', '7', T], ['NumericNotEquals', '7', '7', F],
  ['NumericLessThan', '6', '7', T], ['NumericLessThan', '7', '7', F], ['NumericLessThanEquals', '7', '7', T], ['NumericLessThanEquals', '8', '7', F],
  ['NumericGreaterThan', '8', '7', T], ['NumericGreaterThan', '7', '7', F], ['NumericGreaterThanEquals', '7', '7', T], ['NumericGreaterThanEquals', '10', '9', T],
  ['NumericLessThan', undefined, '7', F], ['NumericLessThan', 'seven', '7', F], ['NumericEquals', '-1', '-1', T],
  ['DateEquals', '2026-11-25T04:30:00Z', '2026-11-25T05:30:00+01:00', T], ['DateNotEquals', '2026-11-25T04:30:00Z', '2026-11-25', T],
  ['DateLessThan', '2026-11-25T04:30:00Z', '2026-11-26', T], ['DateLessThan', '2026-11-25T04:30:00Z', '2026-11-25', F], ['DateLessThanEquals', '2026-11-25T00:00:00Z', '2026-11-25', T],
  ['DateGreaterThan', '2026-11-25T04:30:00Z', '1764000000', T], ['DateGreaterThan', '2026-11-25T04:30:00Z', '2027-01-01', F], ['DateGreaterThanEquals', '2026-11-25T00:00:00Z', '2026-11-25T00:00', T],
  ['Bool', 'true', 'true', T], ['Bool', 'true', 'True', T], ['Bool', 'false', 'true', F], ['Bool', undefined, 'false', F], ['BoolIfExists', undefined, 'true', T],
  ['Null', undefined, 'true', T], ['Null', 'x', 'true', F], ['Null', undefined, 'false', F], ['Null', 'x', 'false', T],
  ['IpAddress', '192.0.2.7', '192.0.2.0/24', T], ['IpAddress', '192.0.3.7', '192.0.2.0/24', F], ['IpAddress', '192.0.2.7', '192.0.2.7', T], ['IpAddress', '192.0.2.7', '0.0.0.0/0', T],
  ['IpAddress', '2001:db8::7', '2001:db8::/32', T], ['IpAddress', '2001:db9::7', '2001:db8::/32', F], ['IpAddress', '192.0.2.7', '2001:db8::/32', F], ['IpAddress', '::ffff:192.0.2.7', '192.0.2.0/24', T],
  ['IpAddress', '::1', '::1', T], ['IpAddress', 'local', '0.0.0.0/0', F], ['IpAddress', undefined, '0.0.0.0/0', F], ['NotIpAddress', '192.0.2.7', '192.0.2.0/24', F], ['NotIpAddress', '198.51.100.1', '192.0.2.0/24', T],
  ['ArnEquals', ALICE, ALICE, T], ['ArnLike', ALICE, `arn:aws:iam::${HOME}:user/*`, T], ['ArnLike', ALICE, 'arn:aws:iam::*:user/alice', T], ['ArnLike', ALICE, 'arn:aws:iam::*', F],
  ['ArnEquals', ALICE, `arn:aws:iam::${HOME}:user/*`, T], ['ArnNotLike', ALICE, `arn:aws:iam::${HOME}:user/b*`, T], ['ArnNotEquals', ALICE, ALICE, F], ['ArnLike', undefined, ALICE, F],
  ['ForAllValues:StringEquals', 'a|b', 'a|b|c', T], ['ForAllValues:StringEquals', 'a|d', 'a|b|c', F], ['ForAllValues:StringEquals', undefined, 'a', T], ['ForAllValues:StringLike', 'ab|ac', 'a*', T],
  ['ForAnyValue:StringEquals', 'a|d', 'a|b', T], ['ForAnyValue:StringEquals', 'd|e', 'a|b', F], ['ForAnyValue:StringEquals', undefined, 'a', F],
  ['ForAllValues:StringNotEquals', 'c|d', 'a|b', T], ['ForAllValues:StringNotEquals', 'a|d', 'a|b', F], ['ForAnyValue:StringNotEquals', 'a|d', 'a|b', T], ['ForAnyValue:StringNotEquals', undefined, 'a', F],
]

function stated(operator: string, wanted: string) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: allow('kms:*', { Condition: { [operator]: { 'Kms:Key': wanted.split('|') } } }) })
  return parsePolicy(text, 'identity').statements[0]!.conditions[0]!
}

describe('a condition', () => {
  it.each(conditions)('%s, the call %s, the policy %s: %s', (operator, given, wanted, holds) => {
    const facts = (key: string) => (key === 'kms:key' ? given?.split('|') : undefined)
    expect(String(conditionHolds(stated(operator, wanted), facts, 'Allow'))).toBe(holds)
  })

  it('of a deny without a set operator holds if one of several values does', () => {
    expect(conditionHolds(stated('StringEquals', 'a'), () => ['a', 'b'], 'Deny')).toBe(true)
    expect(conditionHolds(stated('StringEquals', 'a'), () => ['c', 'b'], 'Deny')).toBe(false)
  })
})

describe('a pattern', () => {
  it.each([
    ['*', 'kms:Decrypt', true], ['kms:*', 'kms:Decrypt', true], ['KMS:decrypt', 'kms:Decrypt', true], ['kms:De*', 'kms:DescribeKey', true], ['kms:GenerateDataKey', 'kms:GenerateDataKeyPair', false],
    ['kms:GenerateDataKey*', 'kms:GenerateDataKeyPair', true], ['kms:?ncrypt', 'kms:Encrypt', true], ['iam:*', 'kms:Encrypt', false], ['kms:*Key', 'kms:CreateKey', true], ['kms:ReEncrypt*', 'kms:ReEncryptTo', true],
  ])('%s for the action %s: %s', (pattern, action, fit) => { expect(fitsAction(pattern, action)).toBe(fit) })

  it.each([
    ['*', KEY, true], [KEY, KEY, true], [`arn:aws:kms:*:${HOME}:key/*`, KEY, true], ['arn:aws:kms:*:*:key/*', KEY, true], ['arn:aws:kms:*:*:alias/*', KEY, false], ['arn:aws:kms:*', KEY, false],
    [`arn:aws:kms:lab:${HOME}:*`, KEY, true], [`arn:aws:*:${HOME}:key/*`, KEY, false], [`arn:*:kms:lab:${HOME}:key/1234*`, KEY, true], [KEY.toUpperCase(), KEY, false], [KEY.slice(0, -1), KEY, false],
    ['arn:aws:iam::*:user/*', 'arn:aws:iam::111122223333:user/a:b', true],
  ])('%s for the ARN %s: %s', (pattern, arn, fit) => { expect(fitsArn(pattern, arn)).toBe(fit) })

  it('of a thousand stars takes no time', () => {
    expect(fitsAction(`kms:${'*a'.repeat(1000)}`, `kms:${'a'.repeat(2000)}b`)).toBe(false)
  })
})

describe('a policy document', () => {
  const statement = allow('kms:*', to(ALICE))
  it.each([
    ['{', 'the document is no JSON'], ['[]', 'the document must be an object'], ['{}', 'the document is empty'], ['{"Version":"2012-10-17"}', 'Statement is missing'],
    [{ Statement: [] }, 'Statement is missing'], [{ Version: '2013-01-01', Statement: statement }, 'Version must be'], [{ Statement: statement, Extra: 1 }, 'the document may only have'],
    [{ Statement: ['x'] }, 'Statement[0] must be an object'], [{ Statement: [statement, { ...statement, Effect: 'allow' }] }, 'Statement[1].Effect must be Allow or Deny'],
    [{ Statement: { ...statement, Actions: 'x' } }, 'Statement may only have'], [{ Statement: { ...statement, NotAction: 'kms:*' } }, 'Statement.NotAction cannot stand beside its opposite'],
    [{ Statement: { ...statement, Action: undefined } }, 'Statement must have Action or NotAction'], [{ Statement: { ...statement, Action: [] } }, 'Statement.Action must be a text or a list of texts'],
    [{ Statement: { ...statement, Action: 'Decrypt' } }, 'Statement.Action must be * or a service and an action'], [{ Statement: { ...statement, Action: ['kms:*', 7] } }, 'Statement.Action must be a text'],
    [{ Statement: { ...statement, Resource: undefined } }, 'Statement.Resource or NotResource is missing'], [{ Statement: { ...statement, Resource: 'key' } }, 'Statement.Resource must be * or an ARN'],
    [{ Statement: { ...statement, Principal: undefined } }, 'Statement.Principal is missing'], [{ Statement: { ...statement, Principal: {} } }, 'Statement.Principal is empty'],
    [{ Statement: { ...statement, Principal: { AWS: 'alice' } } }, 'Statement.Principal.AWS must be'], [{ Statement: { ...statement, Principal: { AWS: `arn:aws:iam::${HOME}:user/*` } } }, 'Statement.Principal.AWS must be'],
    [{ Statement: { ...statement, Principal: { Name: 'x' } } }, 'Statement.Principal may only have'], [{ Statement: { ...statement, Principal: undefined, NotPrincipal: '*' } }, 'Statement.NotPrincipal is not supported'],
    [{ Statement: { ...statement, Sid: 7 } }, 'Statement.Sid must be a text'], [{ Statement: [{ ...statement, Sid: 'x' }, { ...statement, Sid: 'x' }] }, 'Statement has two statements with the same Sid'],
    [{ Statement: { ...statement, Condition: [] } }, 'Statement.Condition must be an object'], [{ Statement: { ...statement, Condition: { Equals: { 'a:b': 'c' } } } }, 'Statement.Condition.Equals is no condition operator'],
    [{ Statement: { ...statement, Condition: { NullIfExists: { 'a:b': 'true' } } } }, 'is no condition operator'], [{ Statement: { ...statement, Condition: { StringEquals: {} } } }, 'Statement.Condition.StringEquals is empty'],
    [{ Statement: { ...statement, Condition: { StringEquals: { keyspec: 'x' } } } }, 'is no condition key'], [{ Statement: { ...statement, Condition: { StringEquals: { 'a:b': [] } } } }, 'must be a value or a list of values'],
    [{ Statement: { ...statement, Condition: { NumericEquals: { 'a:b': 'x' } } } }, 'must be a number'], [{ Statement: { ...statement, Condition: { DateLessThan: { 'a:b': 'soon' } } } }, 'must be a date'],
    [{ Statement: { ...statement, Condition: { Bool: { 'a:b': 'yes' } } } }, 'must be true or false'], [{ Statement: { ...statement, Condition: { IpAddress: { 'a:b': '300.0.0.0/8' } } } }, 'must be an address'],
    [{ Version: '2012-10-17', Statement: { ...statement, Condition: { StringEquals: { 'a:b': '${aws:username}' } } } }, 'has a policy variable, which is not supported'],
  ])('%o is refused: %s', (document, text) => {
    expect(() => parsePolicy(typeof document === 'string' ? document : JSON.stringify(document), 'key')).toThrow(
      expect.objectContaining({ code: 'MalformedPolicyDocumentException', message: expect.stringContaining(text) as string }),
    )
  })

  it('of an identity names no principal, and of trust no resource', () => {
    expect(() => parsePolicy(JSON.stringify({ Statement: statement }), 'identity')).toThrow(/Principal is not for the policy/)
    expect(() => parsePolicy(JSON.stringify({ Statement: statement }), 'trust')).toThrow(/Resource is not for a trust policy/)
  })
})

describe('a grant made with a grant', () => {
  const parent = grant(['CreateGrant', 'Decrypt'], { EncryptionContextSubset: A })
  it.each([
    ['may lend less', { operations: ['Decrypt'], constraints: { EncryptionContextSubset: A } }, true],
    ['may not lend more', { operations: ['Encrypt'], constraints: { EncryptionContextSubset: A } }, false],
    ['may not be without its constraint', { operations: ['Decrypt'], constraints: {} }, false],
    ['may be tighter', { operations: ['Decrypt'], constraints: { EncryptionContextEquals: { ...A, x: 'y' } } }, true],
    ['may not be for another context', { operations: ['Decrypt'], constraints: { EncryptionContextEquals: { app: 'b' } } }, false],
  ] as const)('%s', (_rule, next, fit) => { expect(isNarrower(next, parent)).toBe(fit) })
})

describe('a refusal', () => {
  it.each([
    [{ key: ROOT_STATEMENT }, `User: ${ALICE} is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`],
    [{ who: EVE, key: ROOT_STATEMENT, identity: [allow()] }, `User: ${EVE} is not authorized to perform: kms:Decrypt on resource: ${KEY} because no resource-based policy allows the kms:Decrypt action`],
    [{ key: deny('kms:*', to(ALICE)) }, `User: ${ALICE} is not authorized to perform: kms:Decrypt on resource: ${KEY} with an explicit deny in a resource-based policy`],
    [{ key: ROOT_STATEMENT, identity: [deny()] }, `User: ${ALICE} is not authorized to perform: kms:Decrypt on resource: ${KEY} with an explicit deny in an identity-based policy`],
  ])('is in AWS’s words: %#', (written: Written, text) => {
    const asked = question(written)
    const decision = evaluate(asked)
    expect(decision.allowed || accessDenied(asked, decision).message).toBe(text)
  })
})
