import { describe, expect, it } from 'vitest'
import { strengthOf } from '#ui/passphrase.ts'
import { accountText, bothEnds, byteSize, counted, shortId } from '#ui/numbers.ts'
import { aliasProblem } from '../../src-renderer/features/keys/alias.ts'

describe('a new alias', () => {
  it.each(['alias/payroll', 'alias/a/b_c-D9'])('may be %s', (alias) => {
    expect(aliasProblem(alias)).toBeUndefined()
  })

  it.each(['payroll', 'alias/', 'alias/a b', 'alias/aws/ebs', `alias/${'x'.repeat(251)}`])('may not be %s', (alias) => {
    expect(aliasProblem(alias)).toMatch(/\.$/)
  })

  it('may not be the alias of another key', () => {
    expect(aliasProblem('alias/a', new Set(['alias/a']))).toBe('Another key has this alias.')
  })
})

describe('the strength hint', () => {
  it('does not take repetition and runs for strength', () => {
    expect(strengthOf('aaaaaaaaaaaaaaaaaaaaaaaa').level).toBe(1)
    expect(strengthOf('123456789012345678901234').level).toBeLessThan(3)
  })

  it('likes several words', () => {
    expect(strengthOf('orbit lantern meadow copper').level).toBe(4)
  })

  it('says nothing about nothing', () => {
    expect(strengthOf('')).toEqual({ level: 0, word: '' })
  })
})

describe('numbers and ids on screen', () => {
  it('group thousands and know one from many', () => {
    expect(counted(1204, 'key')).toBe('1,204 keys')
    expect(counted(1, 'key')).toBe('1 key')
  })

  it('group an account in fours', () => {
    expect(accountText('441722089135')).toBe('4417 2208 9135')
  })

  it('shorten ids so that they can still be told apart', () => {
    expect(shortId('3019d84f-7c20-45e2-a445-826d9bc09206')).toBe('3019d84f…')
    expect(bothEnds('f1c09a7d00000000000000000000039a')).toBe('f1c09a7d…039a')
  })
})

describe('the size of a file', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [12_400, '12 KB'],
    [999_999, '1.0 MB'],
    [18_400_000, '18.4 MB'],
    [1_200_000_000, '1.2 GB'],
    [9.1e15, '9.1 PB'],
  ])('of %i bytes is "%s"', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text)
  })
})
