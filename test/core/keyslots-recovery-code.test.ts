import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeRecoveryCode, printRecoveryCode, readRecoveryCode } from '#core/keyslots/recovery-code.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { fixedRandomness } from '../crypto/fixed-randomness.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const print = (code: Uint8Array): string => Buffer.from(printRecoveryCode(Secret.copy(code)).bytes).toString()
const read = (text: string) => readRecoveryCode(Secret.fromText(text))
const code20 = fc.uint8Array({ minLength: 20, maxLength: 20 })

describe('the examples of recovery-code-v1', () => {
  it.each([
    ['0000000000000000000000000000000000000000', '00000-00001-00002-00003-00004-00005-00006-00007'],
    ['ffffffffffffffffffffffffffffffffffffffff', 'ZZZZ2-ZZZZ3-ZZZZ0-ZZZZ1-ZZZZ6-ZZZZ7-ZZZZ4-ZZZZ5'],
    ['00112233445566778899aabbccddeeff01234567', '008J1-4CT4D-ANK7E-F24SV-NAXWX-SQFE5-ZW0J9-6HB7W'],
  ])('%s', (hex, text) => {
    expect(print(Buffer.from(hex, 'hex'))).toBe(text)
    expect(read(text).secret?.bytes).toEqual(new Uint8Array(Buffer.from(hex, 'hex')))
  })
})

it('reads back every code that it prints', () => {
  fc.assert(fc.property(code20, (code) => { expect(read(print(code)).secret?.bytes).toEqual(code) }))
})

it('takes lower case, spaces for hyphens, none at all, and O, I, L for the digits they resemble', () => {
  const { ambient } = fixedRandomness('recovery code')
  const code = makeRecoveryCode(ambient)
  const text = print(code.bytes)
  const sloppy = text.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')
  for (const typed of [sloppy, sloppy.replaceAll('l', 'i'), ` ${text.replaceAll('-', ' ')}\n`, text.replaceAll('-', '')]) {
    expect(read(typed).secret?.bytes).toEqual(code.bytes)
  }
})

it('names the group of every wrong character', () => {
  fc.assert(fc.property(code20, fc.nat(39), fc.integer({ min: 1, max: 31 }), (code, at, shift) => {
    const text = Array.from(print(code).replaceAll('-', ''))
    text[at] = ALPHABET.charAt((ALPHABET.indexOf(text[at] ?? '') + shift) % 32)
    expect(read(text.join(''))).toEqual({ wrongGroups: [Math.floor(at / 5) + 1] })
  }), { numRuns: 1000 })
})

it('notices every two exchanged characters, also across groups', () => {
  fc.assert(fc.property(code20, fc.nat(39), fc.nat(39), (code, a, b) => {
    const text = Array.from(print(code).replaceAll('-', ''))
    fc.pre(text[a] !== text[b])
    ;[text[a], text[b]] = [text[b] ?? '', text[a] ?? '']
    expect(read(text.join('')).secret).toBeUndefined()
  }), { numRuns: 1000 })
})

it('notices exchanged groups', () => {
  fc.assert(fc.property(code20, fc.nat(7), fc.nat(7), (code, a, b) => {
    fc.pre(a !== b)
    const groups = print(code).split('-')
    ;[groups[a], groups[b]] = [groups[b] ?? '', groups[a] ?? '']
    expect(read(groups.join('-'))).toEqual({ wrongGroups: [a, b].sort((x, y) => x - y).map((group) => group + 1) })
  }))
})

it.each([
  ['too few characters', '00000-00001', []],
  ['too many characters', `${print(new Uint8Array(20))}0`, []],
  ['a letter that is in no code', print(new Uint8Array(20)).replace(/^0/, 'U'), [1]],
  ['a letter that is not ASCII', print(new Uint8Array(20)).replace(/^00/, '\u00e9'), [1]],
])('refuses %s', (_, typed, wrongGroups) => {
  expect(read(typed)).toEqual({ wrongGroups })
})
