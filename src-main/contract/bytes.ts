import { z } from './zod.ts'

export { bytesSerializer } from './serializer.ts'

/** A byte string (AWS's Blob). Travels as base64 through `bytesSerializer`. */
export const bytes = z.instanceof(Uint8Array)
