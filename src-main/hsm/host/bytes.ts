const EMPTY = Buffer.alloc(1).subarray(0, 0)

/**
 * The same bytes as the Buffer that pkcs11js asks for, without a copy (utilityProcess delivers plain Uint8Arrays).
 * Empty bytes get an address of their own: pkcs11js passes `Buffer.alloc(0)` as NULL, which SoftHSM refuses with CKR_ARGUMENTS_BAD.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes.length === 0 ? EMPTY : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The first `length` bytes as a buffer of their own; the source is zeroed. `Buffer.alloc` never comes from Node's shared pool. */
export function taken(source: Buffer, length: number): Buffer {
  if (length === source.length && source.byteOffset === 0 && source.buffer.byteLength === length) return source
  const own = Buffer.alloc(length)
  source.copy(own, 0, 0, length)
  source.fill(0)
  return own
}
