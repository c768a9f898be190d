import type { Json } from '../vocabulary/canonical.ts'

/** The main facts of a record, as lists show them. */
export interface RecordFacts {
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly operation: string
  /** The principal's ARN; `holdfast` for what the service does by itself; undefined where nobody proved who they were. */
  readonly principal: string | undefined
  /** ARNs; of a call that was refused before its key was found, the key as the caller named it. */
  readonly keys: readonly string[]
  /** errorCode. */
  readonly failure: string | undefined
  readonly source: string
  readonly account: string | undefined
  readonly region: string | undefined
}

/** Reads a leaf; null for bytes that are no JSON. */
export function eventOf(leaf: Uint8Array): Json {
  try {
    return JSON.parse(decoder.decode(leaf)) as Json
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

/** An event as core/audit/record.ts writes it. What is no such event has facts that say nothing. */
export function recordFacts(event: Json): RecordFacts {
  const identity = member(event, 'userIdentity')
  const sequence = member(event, 'sequence')
  return {
    sequence: typeof sequence === 'number' ? sequence : -1,
    at: Date.parse(text(event, 'eventTime') ?? '') || 0,
    operation: text(event, 'eventName') ?? '',
    principal: text(identity, 'arn') ?? text(identity, 'invokedBy'),
    keys: recordKeys(event),
    failure: text(event, 'errorCode'),
    source: text(event, 'sourceIPAddress') ?? '',
    account: text(event, 'recipientAccountId'),
    region: text(event, 'awsRegion'),
  }
}

/** The keys of `RecordFacts`. */
export function recordKeys(event: Json): string[] {
  const resources = member(event, 'resources')
  if (Array.isArray(resources)) return (resources as readonly Json[]).flatMap((resource) => text(resource, 'ARN') ?? []).filter((arn) => arn.includes(':key/'))
  const named = text(member(event, 'requestParameters'), 'keyId')
  return named === undefined ? [] : [named]
}

export function member(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined
  return (value as { readonly [name: string]: Json })[name]
}

export function text(value: Json | undefined, name: string): string | undefined {
  const found = member(value, name)
  return typeof found === 'string' ? found : undefined
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
