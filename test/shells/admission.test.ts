import { describe, expect, it } from 'vitest'
import { createAdmission, LINK_LIFETIME } from '#shells/serve/admission.ts'

interface Clocked {
  readonly admission: ReturnType<typeof createAdmission>
  /** Moves the clocks, alike or one only. */
  advance(milliseconds: number, which?: 'wall' | 'monotonic'): void
}

function atClock(): Clocked {
  const clock = { wall: 1_000_000, monotonic: 1000 }
  return {
    admission: createAdmission({ now: () => clock.wall, monotonic: () => clock.monotonic }),
    advance(milliseconds, which) {
      if (which !== 'monotonic') clock.wall += milliseconds
      if (which !== 'wall') clock.monotonic += milliseconds
    },
  }
}

describe('a one-time link', () => {
  it('is 32 random bytes, and a new one each time', () => {
    const { admission } = atClock()
    const links = [admission.issueLink(), admission.issueLink()]
    for (const link of links) expect(Buffer.from(link, 'base64url')).toHaveLength(32)
    expect(links[0]).not.toBe(links[1])
  })

  it('is exchanged for a token, which finds the same tab again and again', () => {
    const { admission } = atClock()
    const token = admission.exchange(admission.issueLink()) ?? expect.fail('no token')
    const visitor = admission.visitor(token)
    expect(visitor).toBeDefined()
    expect(admission.visitor(token)).toBe(visitor)
  })

  it('is good once', () => {
    const { admission } = atClock()
    const link = admission.issueLink()
    expect(admission.exchange(link)).toBeDefined()
    expect(admission.exchange(link)).toBeUndefined()
  })

  it('is good for 60 seconds', () => {
    expect(LINK_LIFETIME).toBe(60_000)
    const { admission, advance } = atClock()
    const [early, late] = [admission.issueLink(), admission.issueLink()]
    advance(59_999)
    expect(admission.exchange(early)).toBeDefined()
    advance(1)
    expect(admission.exchange(late)).toBeUndefined()
  })

  it.each(['wall', 'monotonic'] as const)('ends by the %s clock alone, too', (which) => {
    const { admission, advance } = atClock()
    const link = admission.issueLink()
    advance(60_000, which)
    expect(admission.exchange(link)).toBeUndefined()
  })

  it('is no token, and a token is no link', () => {
    const { admission } = atClock()
    const link = admission.issueLink()
    expect(admission.visitor(link)).toBeUndefined()
    const token = admission.exchange(link) ?? expect.fail('no token')
    expect(admission.exchange(token)).toBeUndefined()
    expect(admission.exchange('')).toBeUndefined()
  })

  it('makes way for newer ones when there are too many', () => {
    const { admission } = atClock()
    const first = admission.issueLink()
    for (let i = 0; i < 40; i++) admission.issueLink()
    expect(admission.exchange(first)).toBeUndefined()
  })
})
