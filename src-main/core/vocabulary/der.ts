import { concat } from './bytes.ts'

// The little of DER (X.690) that keys and signatures need. Written, and read where the structure is known: one encoding each.

/** Tags of X.690. */
export const der = { integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, context0: 0x80 } as const

/** One element: tag, length, content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = concat(...content)
  return concat(Uint8Array.of(tag), lengthBytes(whole.length), whole)
}

/** INTEGER of an unsigned big-endian number. */
export function unsigned(number: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start += 1
  const bare = number.subarray(start)
  return (bare[0] ?? 0) >= 0x80 ? element(der.integer, Uint8Array.of(0), bare) : element(der.integer, bare)
}

/** BIT STRING of whole bytes. */
export function bits(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(der.bitString, Uint8Array.of(0), content)
}

/** The elements in a row; undefined if the bytes are not exactly that in DER. The contents are views of the given bytes. */
export function elements(bytes: Uint8Array): { tag: number; content: Uint8Array }[] | undefined {
  const found = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const head = readLength(bytes, at + 1)
    if (head === undefined || head.end + head.length > bytes.length) return undefined
    found.push({ tag, content: bytes.subarray(head.end, head.end + head.length) })
    at = head.end + head.length
  }
  return found
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  if (length < 0x100) return Uint8Array.of(0x81, length)
  return Uint8Array.of(0x82, length >>> 8, length & 0xff)
}

function readLength(bytes: Uint8Array, at: number): { length: number; end: number } | undefined {
  const [first, second, third] = [bytes[at], bytes[at + 1], bytes[at + 2]]
  if (first === undefined) return undefined
  if (first < 0x80) return { length: first, end: at + 1 }
  if (first === 0x81 && second !== undefined && second >= 0x80) return { length: second, end: at + 2 }
  if (first === 0x82 && second !== undefined && third !== undefined && second > 0) return { length: second * 256 + third, end: at + 3 }
  return undefined
}
