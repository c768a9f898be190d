import { fromBase64, toBase64 } from '#core/vocabulary/bytes.ts'

/**
 * oRPC's serializer does not know bytes: the same row goes to every handler and every link. Types below 21 are oRPC's own.
 * In a file without schemas, so that the page can use it and carry none.
 */
export const bytesSerializer = {
  type: 21,
  condition: (data: unknown): boolean => data instanceof Uint8Array,
  serialize: (data: unknown): unknown => toBase64(data as Uint8Array),
  deserialize: (data: unknown): unknown => {
    const decoded = typeof data === 'string' ? fromBase64(data) : undefined
    if (decoded === undefined) throw new TypeError('not base64')
    return decoded
  },
}
