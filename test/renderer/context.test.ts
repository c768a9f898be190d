import { describe, expect, it } from 'vitest'
import { readContext } from '#ui/context.ts'

describe('the encryption context editor', () => {
  it('reads its pairs as a map and leaves out empty rows', () => {
    expect(readContext([{ name: 'a', value: '1' }, { name: '', value: '' }])).toEqual({ ok: true, map: { a: '1' } })
  })

  it('keeps spaces and an empty value: they are bound as well', () => {
    expect(readContext([{ name: ' a ', value: '' }])).toEqual({ ok: true, map: { ' a ': '' } })
  })

  it('takes a name that objects know already', () => {
    expect(readContext([{ name: 'constructor', value: 'x' }])).toEqual({ ok: true, map: { constructor: 'x' } })
  })

  it('asks for a name where there is a value only', () => {
    expect(readContext([{ name: '', value: 'x' }])).toMatchObject({ ok: false, at: 0 })
  })

  it('refuses a name that stands there twice, and says where', () => {
    expect(readContext([{ name: 'a', value: '1' }, { name: 'a', value: '2' }])).toMatchObject({ ok: false, at: 1 })
  })

  it('refuses half of a character', () => {
    expect(readContext([{ name: 'a', value: '\ud800' }])).toMatchObject({ ok: false })
  })
})
