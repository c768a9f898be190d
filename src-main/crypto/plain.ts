/** The same memory without Buffer's own methods (its slice() does not copy, its JSON is another). */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
