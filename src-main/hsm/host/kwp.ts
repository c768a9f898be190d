import { createDecipheriv, timingSafeEqual } from 'node:crypto'

const BLOCK = 8
/** RFC 5649, section 3: the high half of the alternative initial value. */
const INITIAL = Buffer.from('a65959a6', 'hex')

/**
 * AES key unwrap with padding (RFC 5649, section 4.2); undefined if the bytes are none under this key, whose length is 16, 24 or 32.
 * From single blocks, because BoringSSL has the mode under no name that Node could give. The caller wipes the result.
 */
export function kwpUnwrap(key: Buffer, wrapped: Buffer): Buffer | undefined {
  if (wrapped.length < 2 * BLOCK || wrapped.length % BLOCK !== 0) return undefined
  const aes = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
  const whole = wrapped.length === 2 * BLOCK ? aes.update(wrapped) : unwrapped((block) => aes.update(block), wrapped)
  try {
    const padded = whole.length - BLOCK
    const length = whole.readUInt32BE(4)
    const padding = padded - length
    if (!timingSafeEqual(whole.subarray(0, 4), INITIAL) || padding < 0 || padding >= BLOCK) return undefined
    if (whole.subarray(BLOCK + length).some((byte) => byte !== 0)) return undefined
    const value = Buffer.alloc(length)
    whole.copy(value, 0, BLOCK, BLOCK + length)
    return value
  } finally {
    whole.fill(0)
  }
}

/** The index-based unwrap of RFC 3394, section 2.2.2: the register A, then the blocks R. */
function unwrapped(decrypt: (block: Buffer) => Buffer, wrapped: Buffer): Buffer {
  const whole = Buffer.alloc(wrapped.length)
  wrapped.copy(whole)
  const count = wrapped.length / BLOCK - 1
  const block = Buffer.alloc(2 * BLOCK)
  for (let j = 5; j >= 0; j--) {
    for (let i = count; i >= 1; i--) {
      whole.copy(block, 0, 0, BLOCK)
      block.writeUInt32BE((block.readUInt32BE(4) ^ (count * j + i)) >>> 0, 4)
      whole.copy(block, BLOCK, i * BLOCK, (i + 1) * BLOCK)
      const opened = decrypt(block)
      opened.copy(whole, 0, 0, BLOCK)
      opened.copy(whole, i * BLOCK, BLOCK)
      opened.fill(0)
    }
  }
  block.fill(0)
  return whole
}
