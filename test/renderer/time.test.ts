import { describe, expect, it } from 'vitest'
import { ago, ahead, day, duration, exact, weekday } from '#ui/time.ts'

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

describe('times ahead', () => {
  it.each([
    [0, 'now'],
    [-5, 'now'],
    [20, 'in 1 min'],
    [12 * 60, 'in 12 min'],
    [31 * 3600, 'in 31 h'],
    [7 * 86_400 - 60, 'in 7 d'],
    [41 * 86_400, 'in 41 d'],
    [1501 * 86_400, 'in 1,501 d'],
  ])('%i s ahead is "%s"', (seconds, text) => {
    expect(ahead(new Date(now.getTime() + seconds * 1000), now.getTime())).toBe(text)
  })

  it('name the day of the week', () => {
    expect(weekday(new Date(2027, 0, 3))).toBe('Sun 3 Jan 2027')
  })
})

describe('how long something takes', () => {
  it.each([
    [4600, '4.6 s'],
    [14_000, '14 s'],
    [61_000, '1 min 1 s'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms is "%s"', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text)
  })
})
