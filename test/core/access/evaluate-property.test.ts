import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { GrantOperation } from '#core/access/grant.ts'
import { evaluate } from '#core/access/evaluate.ts'
import { naively, type NaiveCase, type NaiveStatement } from './naive.ts'
import { ALICE, BOB, EVE, HOME, KEY, OTHER, question, root } from './questions.ts'

// Few names, so that statements, grants and calls are about each other.
const some = <T>(...values: T[]) => fc.constantFrom(...values)
const few = <T>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { minLength: 1, maxLength: 3 })
const actions = few(some('kms:*', 'kms:Decrypt', 'KMS:decrypt', 'kms:D*', 'kms:Encrypt', 'kms:Generate*', 'iam:*', '*', 'kms:?ecrypt'))
const resources = few(some('*', KEY, `${KEY}0`, 'arn:aws:kms:*:*:key/*', `arn:aws:kms:lab:${OTHER}:*`))
const operators = some(
  'StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIfExists', 'ForAllValues:StringEquals', 'ForAnyValue:StringLike',
  'ForAnyValue:StringNotEquals', 'ForAllValues:StringNotLike', 'NumericLessThan',
)
const keys = some('a:one', 'a:two', 'a:three')
const strings = fc.tuple(operators, fc.dictionary(keys, few(some('1', '2', '10')), { minKeys: 1, maxKeys: 2, noNullPrototype: true }))
const presence = fc.tuple(fc.constant('Null'), fc.dictionary(keys, fc.tuple(some('true', 'false')), { minKeys: 1, maxKeys: 1, noNullPrototype: true }))
const condition = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: strings }, presence), { maxLength: 2, selector: ([name]) => name }).map((blocks) => Object.fromEntries(blocks))

function statement(withPrincipal: boolean): fc.Arbitrary<NaiveStatement> {
  const principal = fc.oneof(
    fc.constant<'*'>('*'),
    few(some(root(HOME), root(OTHER), HOME, ALICE, BOB, EVE, '*')).map((AWS) => ({ AWS })),
  )
  return fc
    .record({ Effect: fc.oneof({ weight: 4, arbitrary: fc.constant('Allow' as const) }, fc.constant('Deny' as const)), actions, resources, notAction: some(false, false, true), notResource: some(false, false, true), principal, condition })
    .map((s) => ({
      Effect: s.Effect,
      ...(withPrincipal ? { Principal: s.principal } : {}),
      ...(s.notAction ? { NotAction: s.actions } : { Action: s.actions }),
      ...(s.notResource ? { NotResource: s.resources } : { Resource: s.resources }),
      Condition: s.condition,
    }))
}

const contexts = fc.dictionary(some('app', 'App', 'x'), some('a', 'b'), { maxKeys: 2, noNullPrototype: true })
const grants = fc.record({
  id: fc.uuid(),
  grantee: some(ALICE, BOB, EVE),
  operations: few(some('Decrypt', 'Encrypt', 'DescribeKey')),
  constraints: fc.oneof(fc.constant({}), contexts.map((EncryptionContextEquals) => ({ EncryptionContextEquals })), contexts.map((EncryptionContextSubset) => ({ EncryptionContextSubset }))),
})

const cases: fc.Arbitrary<NaiveCase> = fc.record({
  who: some(ALICE, BOB, EVE, root(HOME), root(OTHER)),
  action: some('kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey'),
  arn: fc.constant(KEY),
  keyPolicy: fc.option(fc.array(statement(true), { minLength: 1, maxLength: 4 }), { nil: undefined, freq: 8 }),
  identity: fc.array(statement(false), { maxLength: 3 }),
  grants: fc.array(grants, { maxLength: 2 }),
  context: contexts,
  facts: fc.dictionary(keys, few(some('1', '2', '10')), { noNullPrototype: true }),
})

it('decides as a naive second implementation does, over generated policies', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(cases, (given) => {
      const { keyPolicy: key, grants: lent, ...rest } = given
      const decision = evaluate(question({ ...rest, ...(key && { key }), grants: lent.map((each) => ({ ...each, operations: each.operations as GrantOperation[] })) }))
      const verdict = decision.allowed ? 'allowed' : decision.because
      seen.add(verdict)
      expect(verdict).toBe(naively(given))
    }),
    { numRuns: 5000 },
  )
  expect([...seen].sort()).toEqual(['allowed', 'explicit-deny', 'no-identity-policy', 'no-resource-policy'])
})
