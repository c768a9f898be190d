import { IV_LENGTH, MOST_FRAMES, TAG_LENGTH } from './suite.ts'

/** Number and IV before, tag behind. */
const REGULAR_OVERHEAD = 4 + IV_LENGTH + TAG_LENGTH
/** End mark, number, IV and length before, tag behind. */
const FINAL_OVERHEAD = 4 + 4 + IV_LENGTH + 4 + TAG_LENGTH

/** IV and a length of 64 bits before, tag behind: the whole body of a message that is not framed. */
const BLOCK_OVERHEAD = IV_LENGTH + 8 + TAG_LENGTH

/** Where everything in a message is. It follows from three lengths, so any frame can be read alone, and the final one first. */
export interface Layout {
  /** The header's length, tag included: where the first frame begins. */
  readonly start: number
  /** 0 if the body is not framed: one block, which counts as a final frame. */
  readonly frameLength: number
  /** Frames, the final one included. */
  readonly frames: number
  /** Plaintext bytes of the final frame: 0 to `frameLength`. */
  readonly finalLength: number
  readonly plaintextLength: number
  /** Without the footer that a signed message has. */
  readonly messageLength: number
}

/** Where one frame is, in bytes. */
export interface FramePlace {
  readonly final: boolean
  /** In the message. */
  readonly position: number
  /** Of the whole frame. */
  readonly length: number
  readonly plaintextPosition: number
  readonly plaintextLength: number
}

/** The layout that we write: all frames full but perhaps the last; an empty file has one empty frame. Undefined beyond 2^32 - 1 frames. */
export function layoutOfPlaintext(start: number, frameLength: number, plaintextLength: number): Layout | undefined {
  const regular = Math.max(0, Math.ceil(plaintextLength / frameLength) - 1)
  if (regular >= MOST_FRAMES) return undefined
  return layout(start, frameLength, regular, plaintextLength - regular * frameLength)
}

/** The layout of a message of this length, as any writer may have made it. Undefined if no message can be that long. */
export function layoutOfMessage(start: number, frameLength: number, messageLength: number): Layout | undefined {
  if (frameLength === 0) {
    const length = messageLength - start - BLOCK_OVERHEAD
    return length < 0 ? undefined : { start, frameLength, frames: 1, finalLength: length, plaintextLength: length, messageLength }
  }
  const frames = messageLength - start - FINAL_OVERHEAD
  if (frames < 0) return undefined
  const regular = Math.floor(frames / (frameLength + REGULAR_OVERHEAD))
  const finalLength = frames - regular * (frameLength + REGULAR_OVERHEAD)
  if (finalLength > frameLength || regular >= MOST_FRAMES) return undefined
  return layout(start, frameLength, regular, finalLength)
}

/** The frame of a number, 1 to `layout.frames`. */
export function frameAt(layout: Layout, number: number): FramePlace {
  const final = number === layout.frames
  const plaintextLength = final ? layout.finalLength : layout.frameLength
  return {
    final,
    position: layout.start + (number - 1) * (layout.frameLength + REGULAR_OVERHEAD),
    length: plaintextLength + (layout.frameLength === 0 ? BLOCK_OVERHEAD : final ? FINAL_OVERHEAD : REGULAR_OVERHEAD),
    plaintextPosition: (number - 1) * layout.frameLength,
    plaintextLength,
  }
}

/** The longest frame's bytes: what must fit in memory. */
export function longestFrame(layout: Layout): number {
  return Math.max(frameAt(layout, 1).length, frameAt(layout, layout.frames).length)
}

function layout(start: number, frameLength: number, regular: number, finalLength: number): Layout {
  return {
    start,
    frameLength,
    frames: regular + 1,
    finalLength,
    plaintextLength: regular * frameLength + finalLength,
    messageLength: start + regular * (frameLength + REGULAR_OVERHEAD) + finalLength + FINAL_OVERHEAD,
  }
}
