import type { AesGcm } from '../ports/crypto.ts'
import { compareBytes, concat, u32, utf8 } from '../vocabulary/bytes.ts'
import { IV_LENGTH, TAG_LENGTH } from './suite.ts'
import { frameAt, type Layout } from './layout.ts'

const END_MARK = u32(0xffff_ffff)
const REGULAR = utf8('AWSKMSEncryptionClient Frame')
const FINAL = utf8('AWSKMSEncryptionClient Final Frame')

/** The frames of one message: docs/spec/file-message-v1.md, "Frames". */
export interface Frames {
  /** A frame in parts, to be written one after the other. The plaintext must have the length that the layout says. */
  seal(number: number, plaintext: Uint8Array): readonly Uint8Array[]
  /** The frame's plaintext; undefined if any byte of it is not as it was sealed at this place. `frame` has the length that the layout says. */
  open(number: number, frame: Uint8Array): Uint8Array | undefined
}

/** What stands before a frame's ciphertext; it follows from the layout alone. */
export function frameHead(layout: Layout, number: number): Uint8Array<ArrayBuffer> {
  const { final, plaintextLength } = frameAt(layout, number)
  const iv = ivOf(number)
  return final ? concat(END_MARK, u32(number), iv, u32(plaintextLength)) : concat(u32(number), iv)
}

/** What a frame's tag covers beside its ciphertext. */
export function frameAAD(messageId: Uint8Array, layout: Layout, number: number): Uint8Array<ArrayBuffer> {
  const { final, plaintextLength } = frameAt(layout, number)
  return concat(messageId, final ? FINAL : REGULAR, u32(number), u32(0), u32(plaintextLength))
}

export function createFrames(key: AesGcm, messageId: Uint8Array, layout: Layout): Frames {
  function partsOf(number: number): { head: Uint8Array; iv: Uint8Array; aad: Uint8Array } {
    return { iv: ivOf(number), head: frameHead(layout, number), aad: frameAAD(messageId, layout, number) }
  }

  return {
    seal(number, plaintext) {
      const { head, iv, aad } = partsOf(number)
      const { ciphertext, tag } = key.seal(iv, plaintext, aad)
      return [head, ciphertext, tag]
    },

    open(number, frame) {
      const { head, iv, aad } = partsOf(number)
      // Number, IV and length follow from the place alone: what is written must be just that. They are no secrets.
      if (compareBytes(frame.subarray(0, head.length), head) !== 0) return undefined
      const end = frame.length - TAG_LENGTH
      return key.open(iv, frame.subarray(head.length, end), frame.subarray(end), aad)
    },
  }
}

/** The frame's number in 12 bytes. With a key of its own for each message, no IV is used twice: the header's is 0. */
function ivOf(number: number): Uint8Array {
  return concat(new Uint8Array(IV_LENGTH - 4), u32(number))
}
