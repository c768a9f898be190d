import { concat, fromBase64, toBase64, u16 } from '../vocabulary/bytes.ts'
import { contextMap, contextPairs, type ContextPairs } from './context.ts'
import { layoutOfMessage, type Layout } from './layout.ts'
import { SIGNING_KEY_PAIR } from './suite.ts'

// A signed message ends with a footer: the length of an ECDSA signature as u16, then the signature in DER over everything before.

/** No ECDSA signature of P-256 or P-384 in DER is longer, nor is this the end of a message that has one shorter. */
const LONGEST = 120
const SHORTEST = 8

/** As much of a message's end as a footer and what stands before it may take. */
export const MOST_FOOTER_BYTES = LONGEST + 2

export function encodeFooter(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(u16(signature.length), signature)
}

/**
 * The layouts that a signed message of this size may have, by the footers that its last bytes may be; nearly always one. Which of them is
 * right shows in the final frame.
 */
export function footersIn(end: Uint8Array, message: { readonly start: number; readonly frameLength: number; readonly size: number }): { readonly layout: Layout; readonly signature: Uint8Array }[] {
  const found: { layout: Layout; signature: Uint8Array }[] = []
  for (let length = SHORTEST; length <= Math.min(LONGEST, end.length - 2); length++) {
    const at = end.length - length - 2
    if (end[at] !== length >>> 8 || end[at + 1] !== (length & 0xff)) continue
    const layout = layoutOfMessage(message.start, message.frameLength, message.size - length - 2)
    if (layout !== undefined) found.push({ layout, signature: end.slice(at + 2) })
  }
  return found
}

/** The compressed point that verifies a message, as its context has it; undefined if it has none. */
export function signingPoint(pairs: ContextPairs): Uint8Array | undefined {
  const text = contextMap(pairs)[SIGNING_KEY_PAIR]
  return text === undefined ? undefined : fromBase64(text)
}

/** A context with the key that the message is signed with, in order. Throws ValidationException if it is too long then. */
export function withSigningPoint(pairs: ContextPairs, point: Uint8Array): ContextPairs {
  return contextPairs({ ...contextMap(pairs), [SIGNING_KEY_PAIR]: toBase64(point) })
}
