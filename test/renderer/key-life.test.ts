import { describe, expect, it } from 'vitest'
import type { KeyRowView } from '#contract/vault.ts'
import { confirms, deletionWord } from '../../src-renderer/features/keys/deletion.ts'
import { policyProblem } from '../../src-renderer/features/keys/policy.ts'
import { nextDates } from '../../src-renderer/features/keys/rotation.ts'
import { tagChanges, tagsProblem } from '../../src-renderer/features/keys/tags.ts'
import { dueOf, spotsOf } from '../../src-renderer/features/schedule/due.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 23)

function row(keyId: string, more: Partial<KeyRowView>): KeyRowView {
  return { keyId, aliases: [], state: 'Enabled', ...more } as KeyRowView
}

describe('a scheduled deletion', () => {
  it('counts down in the list', () => {
    expect(deletionWord(undefined, NOW)).toBeUndefined()
    expect(deletionWord(new Date(NOW + 6 * DAY), NOW)).toBe('Deletes in 6 d')
    expect(deletionWord(new Date(NOW - 1), NOW)).toBe('Deletion is due')
  })

  it('is confirmed by any alias of the key or by its id, whole and exact', () => {
    const key = { keyId: '3019d84f', aliases: ['alias/payroll', 'alias/wages'] }
    expect(['alias/payroll', 'alias/wages', '3019d84f'].every((typed) => confirms(typed, key))).toBe(true)
    expect(['', 'payroll', 'alias/payrol', 'ALIAS/PAYROLL', ' alias/payroll'].some((typed) => confirms(typed, key))).toBe(false)
  })
})

describe('rotation dates', () => {
  it('follow one another by the period', () => {
    expect(nextDates({ periodDays: 90, nextAt: new Date(NOW) }, 3)).toEqual([NOW, NOW + 90 * DAY, NOW + 180 * DAY].map((at) => new Date(at)))
  })
})

describe('a change of tags', () => {
  it('sets what is new or different and takes away what is gone', () => {
    const before = [{ TagKey: 'team', TagValue: 'finance' }, { TagKey: 'data', TagValue: 'personal' }, { TagKey: 'old', TagValue: '' }]
    const after = [{ TagKey: 'team', TagValue: 'sales' }, { TagKey: 'data', TagValue: 'personal' }, { TagKey: 'new', TagValue: 'x' }, { TagKey: '', TagValue: '' }]
    expect(tagChanges(before, after)).toEqual({ set: [{ TagKey: 'team', TagValue: 'sales' }, { TagKey: 'new', TagValue: 'x' }], removed: ['old'] })
  })

  it.each(['aws:x', 'AWS:x', 'holdfast:x'])('is refused for the reserved name %s', (TagKey) => {
    expect(tagsProblem([{ TagKey, TagValue: '' }])).toMatch(/reserved/)
  })
})

describe('the text of a policy', () => {
  it.each([
    ['', 'Write a policy document.'],
    ['{"a":1,}', /^This is no JSON.*\.$/],
    ['[]', 'A policy is an object: { "Version": …, "Statement": … }.'],
    ['{"Version":"2012-10-17"}', 'A policy needs a Statement.'],
  ])('%j is refused while it is typed', (text, problem) => {
    expect(policyProblem(text)).toMatch(problem)
  })

  it('is left to the service where it is JSON with statements', () => {
    expect(policyProblem('{"Statement":[]}')).toBeUndefined()
  })
})

describe('what is due', () => {
  const keys = [
    row('late', { state: 'PendingDeletion', deletesAt: new Date(NOW - DAY), rotation: { periodDays: 90, nextAt: new Date(NOW + DAY) } }),
    row('soon', { rotation: { periodDays: 90, nextAt: new Date(NOW + 3 * DAY) } }),
    row('off', { state: 'Disabled', rotation: { periodDays: 90, nextAt: new Date(NOW + 2 * DAY) } }),
    row('none', {}),
  ]

  it('is in order of its date, and a key that is to be deleted is not rotated', () => {
    expect(dueOf(keys).map(({ key, kind, waits }) => [key.keyId, kind, waits])).toEqual([['late', 'deletion', false], ['off', 'rotation', true], ['soon', 'rotation', false]])
  })

  it('is drawn from now on, with what is near in one place and what waits left out', () => {
    const many = dueOf([...keys, row('next', { rotation: { periodDays: 90, nextAt: new Date(NOW + 4 * DAY) } }), row('far', { rotation: { periodDays: 90, nextAt: new Date(NOW + 60 * DAY) } })])
    const spots = spotsOf(many.filter(({ kind }) => kind === 'rotation'), NOW, 42 * DAY)
    expect(spots.map(({ dues }) => dues.map(({ key }) => key.keyId))).toEqual([['soon', 'next']])
    expect(spotsOf(many.filter(({ kind }) => kind === 'deletion'), NOW, 42 * DAY)[0]?.at).toBe(0)
  })
})
