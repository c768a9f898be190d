import { parseCheckpoint } from '#core/audit/checkpoint.ts'
import { recordFacts, eventOf } from '#core/audit/event.ts'
import { filterTerms, recordTerms, termNumber, type RecordFilter } from '#core/audit/terms.ts'
import type { AuditCheckpoint, AuditQuery, AuditRow, Scope, Tables } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { findKey } from '../kms/keys.ts'

export interface AuditFilter {
  from?: Date | undefined
  to?: Date | undefined
  /** Key id, key ARN, alias name or alias ARN. */
  key?: string | undefined
  principal?: string | undefined
  operation?: string | undefined
  outcome?: string | undefined
  context?: Record<string, string> | undefined
  text?: string | undefined
}

export interface AuditRowView {
  sequence: number
  at: Date
  operation: string
  principal?: string
  keys: string[]
  failure?: string
  source: string
}

export interface CheckpointView {
  size: number
  at?: Date
  root: string
  note: string
}

export function auditRowView({ sequence, leaf }: AuditRow): AuditRowView {
  const { at, operation, principal, keys, failure, source } = recordFacts(eventOf(leaf))
  return { sequence, at: new Date(at), operation, ...(principal === undefined ? {} : { principal }), keys: [...keys], ...(failure === undefined ? {} : { failure }), source }
}

export function checkpointView({ size, note }: AuditCheckpoint): CheckpointView {
  const { checkpoint } = parseCheckpoint(note) ?? {}
  return { size, ...(checkpoint?.at === undefined ? {} : { at: new Date(checkpoint.at) }), root: toHex(checkpoint?.root ?? new Uint8Array()), note }
}

/** A filter as the store takes it. An alias means the key that it points at now. Throws NotFoundException for an alias that is none. */
export function auditQuery(tables: Tables, scope: Scope, filter: AuditFilter, more: { account?: string; region?: string } = {}): AuditQuery {
  const key = filter.key !== undefined && /(?:^|:)alias\//.test(filter.key) ? findKey(tables, scope, filter.key, 'any').key.id : filter.key
  const wanted: RecordFilter = { ...filter, ...more, key, from: filter.from?.getTime(), to: filter.to?.getTime() }
  const terms = filterTerms(wanted)
  const passes = (event: Json): boolean => {
    const { at } = recordFacts(event)
    if (at < (wanted.from ?? -Infinity) || at >= (wanted.to ?? Infinity)) return false
    if (terms.length === 0) return true
    const own = recordTerms(event)
    return terms.every((term) => own.has(term))
  }
  return { terms: terms.map(termNumber), from: wanted.from, to: wanted.to, accept: ({ leaf }) => passes(eventOf(leaf)) }
}

/** What of a filter the record of the call keeps. */
export function recordedFilter({ from, to, ...rest }: AuditFilter): Json {
  const texts = Object.entries({ ...rest, from: from?.toISOString(), to: to?.toISOString() }).filter((entry): entry is [string, string | Record<string, string>] => entry[1] !== undefined)
  return texts.length === 0 ? null : Object.fromEntries(texts)
}

