import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Kind } from '#shells/cli/parameters.ts'
import { operations, parametersOf } from '#shells/cli/parameters.ts'
import { UsageError } from '#shells/cli/usage.ts'
import { parseValue } from '#shells/cli/values.ts'
import { temporaryFolder } from './temporary.ts'

function parse(kind: Kind, given: string | string[] | boolean): unknown {
  return parseValue({ member: 'Option', option: 'option', kind, required: false, description: undefined }, given)
}

/** The message of the usage error, which must not repeat what was given. */
function refusal(kind: Kind, given: string | string[]): string {
  try {
    parse(kind, given)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as UsageError).message
  }
  return expect.fail('it was taken')
}

const tags = operations.flatMap(parametersOf).find((parameter) => parameter.member === 'Tags') ?? expect.fail('no tags')
const blob: Kind = { type: 'blob' }
const map: Kind = { type: 'map' }
const texts: Kind = { type: 'list', element: { type: 'text' } }

describe('a blob on the command line', () => {
  it('is the bytes of a file behind fileb://', () => {
    const file = join(temporaryFolder(), 'bytes')
    writeFileSync(file, Uint8Array.of(0, 255, 10))
    expect(parse(blob, `fileb://${file}`)).toEqual(Uint8Array.of(0, 255, 10))
  })

  it('is base64 otherwise, also in a file behind file://', () => {
    expect(parse(blob, 'aGVsbG8=')).toEqual(Uint8Array.from(Buffer.from('hello')))
    const file = join(temporaryFolder(), 'text')
    writeFileSync(file, 'aGVsbG8=\n')
    expect(parse(blob, `file://${file}`)).toEqual(Uint8Array.from(Buffer.from('hello')))
  })

  it('is refused in another form, without being repeated', () => {
    for (const given of ['hunter2', 'aGVsbG8', 'a b=', 'aGVsbG9=']) expect(refusal(blob, given)).not.toContain(given)
    expect(refusal(blob, 'fileb:///nowhere/at/all')).toBe('The file of --option cannot be read (ENOENT).')
  })
})

describe('a map on the command line', () => {
  it('is shorthand or JSON', () => {
    expect(parse(map, 'k=v,k2=v2')).toEqual({ k: 'v', k2: 'v2' })
    expect(parse(map, '{"k":"v","k2":"a,b"}')).toEqual({ k: 'v', k2: 'a,b' })
    expect(parse(map, 'k=a=b')).toEqual({ k: 'a=b' })
    expect(parse(map, 'k=')).toEqual({ k: '' })
    expect(parse(map, `k="a,b",k2='c "d"',k3="e\\"f"`)).toEqual({ k: 'a,b', k2: 'c "d"', k3: 'e"f' })
  })

  it('is JSON or shorthand in a file behind file://', () => {
    const file = join(temporaryFolder(), 'context.json')
    writeFileSync(file, '{"k":"v"}')
    expect(parse(map, `file://${file}`)).toEqual({ k: 'v' })
  })

  it.each(['hidden', 'k=v,hidden', '=hidden', 'k="hidden', 'k=a,k=hidden', '{"k":hidden}', 'k="a"hidden', 'k=v,'])('is refused in the form %s, without being repeated', (given) => {
    expect(refusal(map, given)).not.toContain('hidden')
  })

  it('may have a key that objects inherit', () => {
    expect(Object.entries(parse(map, '__proto__=v,constructor=w') as object)).toEqual([
      ['__proto__', 'v'],
      ['constructor', 'w'],
    ])
  })
})

describe('a list on the command line', () => {
  it('is several values, one with commas, or JSON', () => {
    expect(parse(texts, ['a', 'b,c'])).toEqual(['a', 'b,c'])
    expect(parse(texts, ['a,b'])).toEqual(['a', 'b'])
    expect(parse(texts, ['["a","b"]'])).toEqual(['a', 'b'])
  })

  it('of tags takes their shorthand', () => {
    const both = [
      { TagKey: 'a', TagValue: 'b' },
      { TagKey: 'c', TagValue: 'd' },
    ]
    expect(parseValue(tags, ['TagKey=a,TagValue=b', 'TagKey=c,TagValue=d'])).toEqual(both)
    expect(parseValue(tags, [JSON.stringify(both)])).toEqual(both)
    expect(parseValue(tags, ['TagKey=a,TagValue=b'])).toEqual(both.slice(0, 1))
    expect(() => parseValue(tags, ['Key=a,Value=b'])).toThrow('--tags takes TagKey=…,TagValue=…, or JSON.')
  })
})

describe('other values on the command line', () => {
  it('are integers without decoration', () => {
    expect(parse({ type: 'integer' }, '32')).toBe(32)
    expect(parse({ type: 'integer' }, '-1')).toBe(-1)
    for (const given of ['', '1.5', '0x10', '1e3', ' 1', 'many']) refusal({ type: 'integer' }, given)
  })

  it('are booleans by their option', () => {
    expect(parse({ type: 'boolean' }, true)).toBe(true)
    expect(parse({ type: 'boolean' }, false)).toBe(false)
  })

  it('are texts as they are, or of a file', () => {
    expect(parse({ type: 'text' }, '{"Version": 1}')).toBe('{"Version": 1}')
    const file = join(temporaryFolder(), 'policy.json')
    writeFileSync(file, '{"Version": 1}\n')
    expect(parse({ type: 'text' }, `file://${file}`)).toBe('{"Version": 1}\n')
    writeFileSync(file, Uint8Array.of(0xff))
    expect(refusal({ type: 'text' }, `file://${file}`)).toContain('UTF-8')
  })
})
