import { ORPCError } from '@orpc/client'
import { failureAdvice, failureText, isFailureCode, type FailureCode } from '#core/vocabulary/failures.ts'

/** A refusal or failure as the page shows it, in exactly one place. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: FailureCode
  /** What happened, a sentence. */
  readonly text: string
  /** What to do about it, a sentence. */
  readonly advice: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: FailureCode, text: string, advice: string | undefined, details: Readonly<Record<string, unknown>> = {}) {
    super(`${code} ${text}`)
    this.code = code
    this.text = text
    this.advice = advice
    this.details = details
  }
}

/** Whatever a call threw, as a failure. A call that its own signal ended is CANCELLED; what is no declared error means that the line broke. */
export function toFailure(error: unknown, signal?: AbortSignal): ApiFailure {
  if (error instanceof ApiFailure) return error
  if (signal?.aborted === true) return fromTable('CANCELLED')
  if (!(error instanceof ORPCError)) return fromTable('CONNECTION_LOST')
  const data: unknown = error.data
  const { text, advice, details } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  if (typeof error.code === 'string' && isFailureCode(error.code) && typeof text === 'string') {
    // AWS says nothing about an altered ciphertext: then the advice is the sentence.
    const advised = typeof advice === 'string' ? advice : undefined
    return text === '' && advised !== undefined
      ? new ApiFailure(error.code, advised, undefined, asRecord(details))
      : new ApiFailure(error.code, text, advised, asRecord(details))
  }
  return new ApiFailure('INTERNAL', 'Something went wrong inside Holdfast.', 'Its log has the details.')
}

function fromTable(code: 'CANCELLED' | 'CONNECTION_LOST'): ApiFailure {
  return new ApiFailure(code, failureText(code, {}), failureAdvice(code, {}))
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
