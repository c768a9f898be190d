import { fromBase64, fromHex, toBase64, toHex } from '#core/vocabulary/bytes.ts'

/** How bytes are written in a text field. */
export const writings = ['text', 'hex', 'base64'] as const
export type Writing = (typeof writings)[number]

export type Payload = { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> } | { readonly ok: false; readonly problem: string }

/** The bytes that a text stands for. Hex and base64 may be wrapped over lines; hex in either case. */
export function readPayload(text: string, writing: Writing): Payload {
  if (writing === 'text') {
    return text.isWellFormed() ? { ok: true, bytes: new TextEncoder().encode(text) } : { ok: false, problem: 'This text holds half of a character.' }
  }
  const packed = text.replaceAll(/\s+/g, '')
  const bytes = writing === 'hex' ? fromHex(packed.toLowerCase()) : fromBase64(packed)
  if (bytes !== undefined) return { ok: true, bytes }
  return { ok: false, problem: writing === 'hex' ? 'Hex is pairs of the digits 0 to 9 and a to f.' : 'This is not base64 with its padding.' }
}

/** Bytes in a writing. As text only if they are UTF-8 without control characters; undefined otherwise. */
export function writePayload(bytes: Uint8Array, writing: Writing): string | undefined {
  if (writing === 'hex') return toHex(bytes)
  if (writing === 'base64') return toBase64(bytes)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    // eslint-disable-next-line no-control-regex -- control characters are what this looks for
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
