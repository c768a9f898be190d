import { createHash } from 'node:crypto'

const HASH_LENGTH = 32

/**
 * The message in an encoded message of RSAES-OAEP with SHA-256, MGF1 of the same hash and no label (RFC 8017, section 7.1.2, step 3);
 * undefined if it is none. `encoded` is what raw RSA gave, as long as the modulus (at least 66 bytes), and is overwritten.
 *
 * Whoever learns which check failed, or where, can decrypt (Manger 2001). So there is one path: every byte is looked at whatever the others
 * are, faults are gathered in one number, choices are made by masks, and nothing is decided before the end. What the caller may learn is
 * whether there is a message, and its length if there is. A compiler that was to undo this is a risk that JavaScript leaves us with.
 */
export function oaepUnpad(encoded: Buffer): Buffer | undefined {
  const seed = encoded.subarray(1, 1 + HASH_LENGTH)
  const data = encoded.subarray(1 + HASH_LENGTH)
  mask(seed, data)
  mask(data, seed)

  let fault = encoded[0] ?? 1
  for (let i = 0; i < HASH_LENGTH; i++) fault |= (data[i] ?? 0) ^ (LABEL_HASH[i] ?? 0)

  let looking = -1
  let start = 0
  for (let i = HASH_LENGTH; i < data.length; i++) {
    const byte = data[i] ?? 0
    const one = equal(byte, 1)
    start |= looking & one & (i + 1)
    fault |= looking & ~one & byte
    looking &= ~one
  }
  fault |= looking & 1

  const good = equal(fault, 0)
  moveToFront(data, start & good)
  const length = (data.length - start) & good
  const message = Buffer.alloc(data.length)
  data.copy(message)
  encoded.fill(0)
  // The one thing that is told.
  return good === 0 ? undefined : shortened(message, length)
}

const LABEL_HASH = createHash('sha256').digest()

/** XORs MGF1-SHA256 of the seed (RFC 8017, appendix B.2.1) into the target. */
function mask(target: Buffer, seed: Buffer): void {
  const counter = Buffer.alloc(4)
  for (let at = 0; at < target.length; at += HASH_LENGTH) {
    counter.writeUInt32BE(at / HASH_LENGTH)
    const block = createHash('sha256').update(seed).update(counter).digest()
    const end = Math.min(HASH_LENGTH, target.length - at)
    for (let i = 0; i < end; i++) target[at + i] = (target[at + i] ?? 0) ^ (block[i] ?? 0)
    block.fill(0)
  }
}

/** Shifts by so many bytes towards the front, with the same reads and writes for every distance. */
function moveToFront(bytes: Buffer, distance: number): void {
  for (let step = 1; step < bytes.length; step *= 2) {
    const moved = -((distance & step) / step)
    for (let i = 0; i + step < bytes.length; i++) bytes[i] = ((bytes[i] ?? 0) & ~moved) | ((bytes[i + step] ?? 0) & moved)
  }
}

/** All ones if the two are the same, else zero; for numbers of 0 to 2^31 - 1. */
function equal(a: number, b: number): number {
  const difference = a ^ b
  return ~((difference | -difference) >> 31)
}

/** A buffer of its own; the longer one is wiped. */
function shortened(bytes: Buffer, length: number): Buffer {
  const own = Buffer.alloc(length)
  bytes.copy(own, 0, 0, length)
  bytes.fill(0)
  return own
}
