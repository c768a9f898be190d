/** A bound number is REAL to SQLite; where an expression must stay an integer it is bound as bigint. */
export function integer(value: number): bigint {
  return BigInt(value)
}

/** The binding's own buffer, seen as a plain Uint8Array: whoever wipes it wipes the only copy. */
export function bytes(value: Uint8Array): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** As `bytes`; undefined for NULL. */
export function maybeBytes(value: Uint8Array | null): Uint8Array | undefined {
  return value === null ? undefined : bytes(value)
}
