import type { AesGcm } from '../ports/crypto.ts'
import { compareBytes, concat, u32, utf8 } from '../vocabulary/bytes.ts'
import { IV_LENGTH, TAG_LENGTH } from './suite.ts'
import { frameAt, type Layout } from './layout.ts'

const END_MARK = u32(0xffff_ffff)
const REGULAR = utf8('AWSKMSEncryptionClient Frame')
const FINAL = utf8('AWSKMSEncryptionClient Final Frame')
const BLOCK = utf8('AWSKMSEncryptionClient Single Block')

/** The frames of one message: docs/spec/file-message-v1.md, "Frames". */
export interface Frames {
  /** A frame in parts, to be written one after the other. The plaintext must have the length that the layout says. */
  seal(number: number, plaintext: Uint8Array): readonly Uint8Array[]
  /** The frame's plaintext; undefined if any byte of it is not as it was sealed at this place. `frame` has the length that the layout says. */
  open(number: number, frame: Uint8Array): Uint8Array | undefined
}

/** What stands before a frame's ciphertext; it follows from the layout alone. Not for a body that is not framed, which has an IV of its own. */
export function frameHead(layout: Layout, number: number): Uint8Array<ArrayBuffer> {
  const { final, plaintextLength } = frameAt(layout, number)
  const iv = ivOf(number)
  return final ? concat(END_MARK, u32(number), iv, u32(plaintextLength)) : concat(u32(number), iv)
}

/**
 * The IV of a frame as it was read, and where its ciphertext begins; undefined if number, IV or length are not those of this place, which
 * are no secrets.
 */
export function readFrameHead(layout: Layout, number: number, frame: Uint8Array): { readonly iv: Uint8Array; readonly length: number } | undefined {
  if (layout.frameLength === 0) {
    const length = IV_LENGTH + 8
    const right = compareBytes(frame.subarray(IV_LENGTH, length), u64(layout.finalLength)) === 0
    return right ? { iv: frame.subarray(0, IV_LENGTH), length } : undefined
  }
  const head = frameHead(layout, number)
  return compareBytes(frame.subarray(0, head.length), head) === 0 ? { iv: ivOf(number), length: head.length } : undefined
}

/** What a frame's tag covers beside its ciphertext. */
export function frameAAD(messageId: Uint8Array, layout: Layout, number: number): Uint8Array<ArrayBuffer> {
  const { final, plaintextLength } = frameAt(layout, number)
  return concat(messageId, layout.frameLength === 0 ? BLOCK : final ? FINAL : REGULAR, u32(number), u64(plaintextLength))
}

/** The frame's number in 12 bytes. With a key of its own for each message, no IV is used twice: the header's is 0. */
export function ivOf(number: number): Uint8Array<ArrayBuffer> {
  return concat(new Uint8Array(IV_LENGTH - 4), u32(number))
}

export function createFrames(key: AesGcm, messageId: Uint8Array, layout: Layout): Frames {
  return {
    seal(number, plaintext) {
      const { ciphertext, tag } = key.seal(ivOf(number), plaintext, frameAAD(messageId, layout, number))
      return [frameHead(layout, number), ciphertext, tag]
    },

    open(number, frame) {
      const head = readFrameHead(layout, number, frame)
      if (head === undefined) return undefined
      const end = frame.length - TAG_LENGTH
      return key.open(head.iv, frame.subarray(head.length, end), frame.subarray(end), frameAAD(messageId, layout, number))
    },
  }
}

function u64(value: number): Uint8Array<ArrayBuffer> {
  return concat(u32(Math.floor(value / 2 ** 32)), u32(value >>> 0))
}
