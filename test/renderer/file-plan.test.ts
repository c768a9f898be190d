import { describe, expect, it } from 'vitest'
import { ApiFailure } from '#api/failure.ts'
import { differenceOf, planOf, type PlanWorld } from '../../src-renderer/features/files/plan.ts'
import type { FileItem } from '#stores/file-queue.ts'

const ARN = 'arn:aws:kms:lab:441722089135:key/3019d84f-7c20-45e2-a445-826d9bc09206'
type Row = PlanWorld['byArn'] extends ReadonlyMap<string, infer R> ? R : never

function world(state: Row['state'] = 'Enabled', context: Record<string, string> = {}): PlanWorld {
  return { byArn: new Map([[ARN, { keyId: '3019d84f', aliases: ['alias/payroll'], state } as unknown as Row]]), context }
}

function given(name: string, more: Partial<FileItem> = {}): FileItem {
  return { phase: 'staged', facts: undefined, failure: undefined, wish: undefined, file: { name }, ...more } as FileItem
}

function ours(more: Partial<FileItem> = {}, facts: Partial<NonNullable<FileItem['facts']>> = {}): FileItem {
  const all = { size: 500, plaintextLength: 10, frames: 1, frameLength: 4096, headerLength: 300, format: { version: 2, suite: '0478', signed: false, commits: true }, messageId: '', context: { year: '2024' }, dataKeys: [{ provider: 'aws-kms', keyArn: ARN, length: 1 }], ...facts }
  return given('report.pdf.holdfast', { facts: all, ...more })
}

describe('what is proposed for a file', () => {
  it.each([
    ['a plain file', given('report.pdf'), world(), 'encrypt', 'adds .holdfast to the name'],
    ['a file of another format', given('notes.txt.age'), world(), 'leave', 'age format, not one of ours'],
    ['a file that is only named like ours', given('a.holdfast'), world(), 'leave', 'named like one of ours, but it is none'],
    ['one of ours', ours(), world(), 'decrypt', 'alias/payroll, any context'],
    ['one of ours whose context matches', ours(), world('Enabled', { year: '2024' }), 'decrypt', 'alias/payroll, context matches'],
    ['one of ours with another context', ours(), world('Enabled', { year: '2026' }), 'inspect', 'context differs: year is 2024 in the file, 2026 here'],
    ['one of ours under a key that is pending deletion', ours(), world('PendingDeletion'), 'inspect', 'its key is pending deletion'],
    ['one of ours under a disabled key', ours(), world('Disabled'), 'inspect', 'its key is disabled'],
    ['one of another vault', ours(), { ...world(), byArn: new Map() }, 'inspect', 'its key is not in this vault'],
    ['one of ours that is cut', ours({}, { plaintextLength: undefined }), world(), 'inspect', 'it is cut, or has something behind its end'],
    ['a file whose header is still read', given('a', { phase: 'looking' }), world(), 'looking', 'reading its header'],
    ['a file that cannot be read', given('a', { failure: new ApiFailure('FILE_UNREADABLE', 'a cannot be read.', undefined) }), world(), 'unreadable', 'a cannot be read.'],
  ] as const)('for %s', (_what, item, around, act, note) => {
    expect(planOf(item, around)).toMatchObject({ act, note })
  })
})

describe('what a person chose instead', () => {
  it('holds where it is possible', () => {
    expect(planOf(given('report.pdf', { wish: 'leave' }), world()).act).toBe('leave')
    expect(planOf(given('notes.txt.age', { wish: 'encrypt' }), world()).act).toBe('encrypt')
    expect(planOf(ours({ wish: 'encrypt' }), world()).act).toBe('encrypt')
    expect(planOf(ours({ wish: 'decrypt' }), world('Enabled', { year: '2026' }))).toMatchObject({ act: 'decrypt', note: 'alias/payroll, its own context' })
  })

  it('does not hold where a key cannot decrypt', () => {
    expect(planOf(ours({ wish: 'decrypt' }), world('Disabled')).act).toBe('inspect')
  })

  it('is offered only where it can be done', () => {
    expect(planOf(ours(), world('Disabled')).instead.map(({ wish }) => wish)).not.toContain('decrypt')
  })
})

describe('the difference of two contexts', () => {
  it('names the first pair that a file does not hold', () => {
    expect(differenceOf({ a: '1', b: '2' }, { a: '1' })).toBeUndefined()
    expect(differenceOf({ a: '1' }, { b: '2' })).toBe('the file has no b')
    expect(differenceOf({}, { constructor: 'x' })).toBe('the file has no constructor')
  })
})
