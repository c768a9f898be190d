import { z } from './zod.ts'

export { bytesSerializer } from './serializer.ts'

/** A byte string (AWS's Blob). Travels as base64 through `bytesSerializer`. */
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
