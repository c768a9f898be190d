/** Reads big-endian fields one after the other. What is cut short throws what the caller gave. */
export interface Reader {
  /** Bytes read so far. */
  readonly position: number
  u8(): number
  u16(): number
  u32(): number
  /** A view of the next bytes. */
  take(length: number): Uint8Array
  /** A view of bytes behind their length as u16. */
  prefixed(): Uint8Array
  /** UTF-8 behind its length as u16; refused if it is not well formed. */
  text(): string
}

export function openReader(bytes: Uint8Array, failure: () => Error): Reader {
  let position = 0

  function take(length: number): Uint8Array {
    if (bytes.length - position < length) throw failure()
    position += length
    return bytes.subarray(position - length, position)
  }

  function number(length: number): number {
    return take(length).reduce((value, byte) => value * 256 + byte, 0)
  }

  function prefixed(): Uint8Array {
    return take(number(2))
  }

  return {
    get position() {
      return position
    },
    u8: () => number(1),
    u16: () => number(2),
    u32: () => number(4),
    take,
    prefixed,
    text: () => decodeText(prefixed(), failure),
  }
}

// A byte order mark is three bytes like any others: dropping it would let two encodings give one text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeText(bytes: Uint8Array, failure: () => Error): string {
  try {
    return decoder.decode(bytes)
  } catch {
    // A fatal decoder throws for one reason: the bytes are not UTF-8.
    throw failure()
  }
}
