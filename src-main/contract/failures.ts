import { failures, failureStatus, type FailureCode } from '#core/vocabulary/failures.ts'
import { z } from './zod.ts'

/** What of a failure travels: the sentence, what to do, and the details that the code's row names. */
export const failureData = z.object({
  text: z.string(),
  advice: z.string().optional(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type FailureData = z.infer<typeof failureData>

/** One oRPC error per row of the failure table: forget none, add none. */
export const declaredErrors = Object.fromEntries(
  (Object.keys(failures) as FailureCode[]).map((code) => [code, { status: failureStatus(code), data: failureData }]),
) as { [Code in FailureCode]: { status: number; data: typeof failureData } }
