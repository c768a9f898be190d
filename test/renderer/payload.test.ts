import { describe, expect, it } from 'vitest'
import { readPayload, writePayload } from '#ui/payload.ts'

describe('bytes in a text field', () => {
  it('reads text as UTF-8', () => {
    expect(readPayload('é', 'text')).toEqual({ ok: true, bytes: Uint8Array.of(0xc3, 0xa9) })
  })

  it('reads hex in either case, wrapped over lines', () => {
    expect(readPayload('DE ad\nbe EF', 'hex')).toEqual({ ok: true, bytes: Uint8Array.of(0xde, 0xad, 0xbe, 0xef) })
  })

  it('reads base64 that was wrapped over lines', () => {
    expect(readPayload('AQID\n  BA==', 'base64')).toEqual({ ok: true, bytes: Uint8Array.of(1, 2, 3, 4) })
  })

  it.each([
    ['abc', 'hex'],
    ['zz', 'hex'],
    ['AQI', 'base64'],
    ['AR==', 'base64'],
    ['\ud800', 'text'],
  ] as const)('refuses %j as %s and repeats none of it', (text, writing) => {
    const read = readPayload(text, writing)
    expect(read.ok).toBe(false)
    if (!read.ok) expect(read.problem).not.toContain(text)
  })

  it('writes bytes as text only if they are text', () => {
    expect(writePayload(Uint8Array.of(0xc3, 0xa9), 'text')).toBe('é')
    expect(writePayload(Uint8Array.of(0xff), 'text')).toBeUndefined()
    expect(writePayload(Uint8Array.of(0), 'text')).toBeUndefined()
    expect(writePayload(Uint8Array.of(0xff), 'hex')).toBe('ff')
    expect(writePayload(Uint8Array.of(0xff), 'base64')).toBe('/w==')
  })
})
