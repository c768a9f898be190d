import { describe, expect, it } from 'vitest'
import { TypedLine } from '#shells/cli/prompt.ts'

function typed(...chunks: string[]): { end: string | undefined; text: string } {
  const line = new TypedLine()
  let end: string | undefined
  for (const chunk of chunks) end ??= line.take(Buffer.from(chunk))
  using secret = line.secret()
  return { end, text: Buffer.from(secret.bytes).toString() }
}

describe('a secret typed on a terminal', () => {
  it('ends at Enter, however the terminal says it', () => {
    expect(typed('secret\r')).toEqual({ end: 'entered', text: 'secret' })
    expect(typed('sec', 'ret', '\n')).toEqual({ end: 'entered', text: 'secret' })
    expect(typed('secret')).toEqual({ end: undefined, text: 'secret' })
  })

  it('loses a whole character at backspace', () => {
    expect(typed('ab\x7f\r').text).toBe('a')
    expect(typed('a€\x7fb\r').text).toBe('ab')
    expect(typed('é\x08\x7f\x7fx\r').text).toBe('x')
  })

  it('starts anew at Ctrl-U', () => {
    expect(typed('wrong\x15right\r').text).toBe('right')
  })

  it('is interrupted by Ctrl-C and declined by Ctrl-D on an empty line', () => {
    expect(typed('sec\x03').end).toBe('interrupt')
    expect(typed('\x04').end).toBe('declined')
    expect(typed('a\x04b\r')).toEqual({ end: 'entered', text: 'ab' })
  })
})
