import { randomUUID } from 'node:crypto'
import { mapEventIterator, ORPCError } from '@orpc/client'
import { ValidationError } from '@orpc/contract'
import { isAsyncIteratorObject } from '@orpc/shared'
import { type FailureData, failureData } from '#contract/failures.ts'
import { failureAdvice, failureStatus, isFailureCode, VaultError } from '#core/vocabulary/failures.ts'
import { incidentLine, type Log } from './log.ts'
import { validationText } from './validation.ts'

/** What of a procedure call the interceptor looks at; oRPC's own options fit. */
interface Call<Output> {
  readonly procedure: { readonly '~orpc': { readonly inputSchema?: unknown } }
  readonly signal?: AbortSignal | undefined
  next(): Promise<Output>
}

/**
 * Turns whatever a procedure throws into one of the contract's declared errors, on every transport and in process:
 * VaultError keeps its code; input that does not fit its schema is a ValidationException; the rest is INTERNAL with an incident id
 * under which the log has the stack.
 */
export function declareFailures(log: Log) {
  return async function <Output>(call: Call<Output>): Promise<Output> {
    try {
      const output = await call.next()
      if (!isAsyncIteratorObject(output)) return output
      return mapEventIterator(output, { value: (event: unknown) => Promise.resolve(event), error: (error) => Promise.resolve(declared(error, call, log)) }) as Output
    } catch (error) {
      throw declared(error, call, log)
    }
  }
}

/** For what fails before a procedure is reached: bytes that are no request. */
export async function declareMalformed<Output>(call: { next(): Promise<Output> }): Promise<Output> {
  try {
    return await call.next()
  } catch (error) {
    if (error instanceof ORPCError) throw error
    throw asOrpcError(new VaultError('MALFORMED', { what: 'a request that Holdfast understands' }))
  }
}

/** A failure as a client shows it. */
export interface Failure extends FailureData {
  readonly code: string
}

/** The declared failure in an error that a client received; undefined if it is none (the transport's own, or a newer owner's). */
export function receivedFailure(error: unknown): Failure | undefined {
  if (isVaultError(error)) return describeFailure(error)
  if (!(error instanceof ORPCError)) return undefined
  const data = failureData.safeParse(error.data)
  return data.success ? { code: String(error.code), ...data.data } : undefined
}

export function describeFailure(error: VaultError): Failure {
  return { code: error.code, ...dataOf(error) }
}

function declared(error: unknown, call: Call<unknown>, log: Log): unknown {
  if (isVaultError(error)) return asOrpcError(error)
  if (error instanceof ORPCError) {
    if (isFailureCode(String(error.code))) return error
    if (error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError) {
      const text = validationText(call.procedure['~orpc'].inputSchema, error.cause.data, error.cause.issues)
      return asOrpcError(new VaultError('ValidationException', { text }))
    }
  }
  // Whatever an abandoned call throws, nobody waits for it.
  if (call.signal?.aborted === true) return asOrpcError(new VaultError('CANCELLED'))
  return asOrpcError(declaredFailure(error, log))
}

/** A declared failure as it is; anything else is INTERNAL, and the log has its stack. */
export function declaredFailure(error: unknown, log: Log): VaultError {
  if (isVaultError(error)) return error
  const incident = randomUUID()
  log(incidentLine(incident, error))
  return new VaultError('INTERNAL', { incident })
}

/** `instanceof` alone would leave the code untyped. */
function isVaultError(error: unknown): error is VaultError {
  return error instanceof VaultError
}

function asOrpcError(error: VaultError): ORPCError<string, FailureData> {
  return new ORPCError(error.code, { defined: true, status: failureStatus(error.code), message: error.message, data: dataOf(error) })
}

function dataOf(error: VaultError): FailureData {
  const advice = failureAdvice(error.code, error.details)
  return { text: error.message, details: { ...error.details }, ...(advice === undefined ? {} : { advice }) }
}
