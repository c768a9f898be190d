import { randomUUID } from 'node:crypto'
import { ORPCError } from '@orpc/client'
import { toBase64 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { describeFailure, type Failure, receivedFailure } from '../failures.ts'
import { incidentLine, stderrLog } from '../log.ts'
import { UsageError } from './usage.ts'

/** JSON as AWS's command line prints it: four spaces, blobs in base64, times in ISO 8601. */
export function printJson(value: unknown): void {
  process.stdout.write(`${asJson(value)}\n`)
}

export function asJson(value: unknown): string {
  return JSON.stringify(plain(value), null, 4)
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A sentence that a person must have seen, beside what the command prints. */
export function printWarning(text: string): void {
  process.stderr.write(`holdfast: ${text}\n`)
}

/** One line on the standard error stream: what happened, what to do, and the code to look for. With `json` an object of the same. */
export function printFailure(error: unknown, json: boolean): void {
  const { code, text, advice, details } = failureOf(error)
  if (json) process.stderr.write(`${JSON.stringify({ error: { code, text, advice, details } })}\n`)
  else process.stderr.write(`holdfast: ${oneLine([text, advice].filter((part) => part !== undefined && part !== '').join(' '))} (${code})\n`)
}

/** Overwrites every byte string in a call's input or output. */
export function wipeBytes(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(wipeBytes)
}

/** A declared failure as it is. Another ORPCError means an owner of another version; the rest is a fault of our own. */
function failureOf(error: unknown): Failure {
  const failure = receivedFailure(error)
  if (failure !== undefined) return failure
  if (error instanceof UsageError) return { code: 'USAGE', text: error.message, details: {} }
  if (error instanceof ORPCError) {
    const text = 'The running Holdfast does not know this request.'
    return { code: 'UnsupportedOperationException', text, advice: 'It may be of another version: stop it, then try again.', details: {} }
  }
  const incident = randomUUID()
  stderrLog(incidentLine(incident, error))
  return describeFailure(new VaultError('INTERNAL', { incident }))
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toBase64(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
  return value
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ')
}
