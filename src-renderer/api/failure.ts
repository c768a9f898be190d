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
  return failureOf({ ...asRecord(error.data), code: error.code as unknown })
}

/** A failure as it travels (`code`, `text`, `advice`, `details`); anything else is our own fault. */
export function failureOf(told: unknown): ApiFailure {
  const { code, text, advice, details } = asRecord(told)
  if (typeof code === 'string' && isFailureCode(code) && typeof text === 'string') {
    // AWS says nothing about an altered ciphertext: then the advice is the sentence.
    const advised = typeof advice === 'string' ? advice : undefined
    return text === '' && advised !== undefined ? new ApiFailure(code, advised, undefined, asRecord(details)) : new ApiFailure(code, text, advised, asRecord(details))
  }
  return new ApiFailure('INTERNAL', 'Something went wrong inside Holdfast.', 'Its log has the details.')
}

function fromTable(code: 'CANCELLED' | 'CONNECTION_LOST'): ApiFailure {
  return new ApiFailure(code, failureText(code, {}), failureAdvice(code, {}))
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
