import type { Json } from '../vocabulary/canonical.ts'
import { canonicalJson } from '../vocabulary/canonical.ts'
import { member, recordFacts, text } from './event.ts'

// Records as other programs take them: comma-separated (RFC 4180) and CloudTrail's log files.

const COLUMNS = ['sequence', 'eventTime', 'eventName', 'principal', 'account', 'region', 'keys', 'errorCode', 'errorMessage', 'sourceIPAddress', 'userAgent', 'encryptionContext', 'eventID', 'requestID'] as const

export const csvHead = `${COLUMNS.join(',')}\r\n`

export function csvLine(event: Json): string {
  const facts = recordFacts(event)
  const values: Record<(typeof COLUMNS)[number], string> = {
    sequence: String(facts.sequence),
    eventTime: text(event, 'eventTime') ?? '',
    eventName: facts.operation,
    principal: facts.principal ?? '',
    account: facts.account ?? '',
    region: facts.region ?? '',
    keys: facts.keys.join(' '),
    errorCode: facts.failure ?? '',
    errorMessage: text(event, 'errorMessage') ?? '',
    sourceIPAddress: facts.source,
    userAgent: text(event, 'userAgent') ?? '',
    encryptionContext: contextText(event),
    eventID: text(event, 'eventID') ?? '',
    requestID: text(event, 'requestID') ?? '',
  }
  return `${COLUMNS.map((column) => cell(values[column])).join(',')}\r\n`
}

/** A CloudTrail log file's text. Our sequence number moves to where CloudTrail keeps what it has no name for; times have whole seconds. */
export function cloudTrailLog(events: readonly Json[]): string {
  return JSON.stringify({ Records: events.map(cloudTrailRecord) })
}

export function cloudTrailRecord(event: Json): Json {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event
  const { sequence, ...rest } = event as { readonly [name: string]: Json }
  const eventTime = text(event, 'eventTime')
  return { ...rest, ...(eventTime === undefined ? {} : { eventTime: wholeSeconds(Date.parse(eventTime)) }), additionalEventData: { sequence: sequence ?? null } }
}

/** `2026-11-25T08:00:00Z` */
export function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function contextText(event: Json): string {
  const context = member(member(event, 'requestParameters'), 'encryptionContext')
  return context === undefined || context === null ? '' : canonicalJson(context)
}

/** Quoted where it must be; a spreadsheet must not take what a caller wrote for a formula (OWASP, CSV injection). */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
