// DER (X.690), as much of it as a certificate needs: written, never read.

const encoder = new TextEncoder()

/** Tag, length, content. `tag` is the whole identifier octet. */
export function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(content)
  return Buffer.concat([Uint8Array.of(tag), length(body.length), body])
}

export function sequence(...content: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...content)
}

export function set(...content: readonly Uint8Array[]): Uint8Array {
  return element(0x31, ...content)
}

/** A non-negative INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start)
  return element(0x02, (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(), digits)
}

export function boolean(value: boolean): Uint8Array {
  return element(0x01, Uint8Array.of(value ? 0xff : 0))
}

export function octets(...content: readonly Uint8Array[]): Uint8Array {
  return element(0x04, ...content)
}

/** A BIT STRING whose last byte has so many unused bits. */
export function bits(bytes: Uint8Array, unused = 0): Uint8Array {
  return element(0x03, Uint8Array.of(unused), bytes)
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

export function text(value: string): Uint8Array {
  return element(0x0c, encoder.encode(value))
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). Milliseconds since 1970. */
export function time(value: number): Uint8Array {
  const digits = new Date(value).toISOString().replaceAll(/[-:T]|\.\d{3}/g, '')
  return digits < '2050' ? element(0x17, encoder.encode(digits.slice(2))) : element(0x18, encoder.encode(digits))
}

function base128(value: number): number[] {
  const low = value & 0x7f
  return value < 0x80 ? [low] : [...base128(value >>> 7).map((digit) => digit | 0x80), low]
}

function length(value: number): Uint8Array {
  if (value < 0x80) return Uint8Array.of(value)
  return value < 0x100 ? Uint8Array.of(0x81, value) : Uint8Array.of(0x82, value >>> 8, value & 0xff)
}
