import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, parseCanonicalJson, type Json } from '#core/vocabulary/canonical.ts'

it('sorts members by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
  const members = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }
  expect(Object.values(JSON.parse(canonicalJson(members)) as object)).toHaveLength(7)
  expect(canonicalJson(members)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}')
})

it('writes texts as ECMAScript does (RFC 8785 section 3.2.2.2)', () => {
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"')
})

it.each<[string, Json]>([['a fraction', 0.5], ['a number beyond 2^53', 2 ** 53], ['minus zero', -0], ['half of a surrogate pair', '\ud800'], ['such a name', { '\udc00': 1 }]])('has no form for %s', (_, value) => {
  expect(() => canonicalJson(value)).toThrow(RangeError)
})

it('reads its own form and no other of the same value', () => {
  expect(parseCanonicalJson('{"a":[1,null,true],"b":{"__proto__":{}}}')).toEqual(JSON.parse('{"a":[1,null,true],"b":{"__proto__":{}}}'))
  for (const text of ['{"b":1,"a":2}', '{"a":1 }', '{"a":1,"a":1}', '1.0', '1e3', '-0', '"\\u0041"', '"\\/"', '', '{', '[1]\n']) {
    expect(parseCanonicalJson(text), text).toBeUndefined()
  }
})

it('gives one text per value, whatever the order of its members', () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (value) => {
    const reversed = Object.fromEntries(Object.entries(value).reverse())
    expect(canonicalJson(reversed)).toBe(canonicalJson(value))
    expect(parseCanonicalJson(canonicalJson(value))).toEqual(value)
  }))
})
