import { describe, expect, it } from 'vitest'
import { ago, day, exact } from '#ui/time.ts'

const now = new Date(2026, 10, 23, 14, 20, 31)

function before(seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000)
}

describe('times on screen', () => {
  it.each([
    [0, 'just now'],
    [-30, 'just now'],
    [9, 'just now'],
    [22, '22 s ago'],
    [59, '59 s ago'],
    [6 * 60, '6 min ago'],
    [2 * 3600, '2 h ago'],
    [36 * 3600, '1 d ago'],
    [141 * 86_400, '141 d ago'],
  ])('says how long ago %d seconds are', (seconds, words) => {
    expect(ago(before(seconds), now.getTime())).toBe(words)
  })

  it('writes a date that cannot be read wrongly', () => {
    expect(day(now)).toBe('23 Nov 2026')
  })

  it('gives the exact moment with UTC', () => {
    expect(exact(now)).toMatch(/^23 Nov 2026, 14:20:31 (UTC|\(\d\d:\d\d:\d\d UTC\))$/)
  })
})
