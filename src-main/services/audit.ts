import { auditEvent, eventLeaf, type AuditRecord } from '#core/audit/record.ts'
import { keyArn } from '#core/keys/arn.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Scope, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId } from '#core/vocabulary/ids.ts'
import type { Connection, Principal } from './sessions.ts'

/** What a call says of itself; the trail adds sequence, time and id. */
export type AuditEvent = Omit<AuditRecord, 'sequence' | 'eventId' | 'at'> & { readonly at?: number; readonly eventId?: string }

/** Appends a record inside the transaction that it reports on: both are durable, or neither is. */
export function appendRecord(ambient: Ambient, tables: Tables, event: AuditEvent): void {
  const sequence = tables.audit.next()
  const record: AuditRecord = { ...event, at: event.at ?? ambient.now(), sequence, eventId: event.eventId ?? ambient.uuid(), request: recordable(event.request) }
  const whole = auditEvent(record)
  tables.audit.append(sequence, eventLeaf(whole), whole)
}

/** An event of the vault itself, such as unlocking; `principal` is undefined where nobody proved who they were. */
export function vaultEvent(
  eventName: string,
  who: { principal: Principal | undefined; connection: Pick<Connection, 'source' | 'agent'>; scope: Scope | undefined; requestId: string },
  request: Json = null,
  failure?: VaultError,
): AuditEvent {
  return {
    eventSource: 'holdfast',
    eventName,
    readOnly: false,
    account: who.scope?.account,
    region: who.scope?.region,
    principal: who.principal?.arn,
    source: who.connection.source,
    agent: who.connection.agent,
    request,
    response: null,
    resources: [],
    failure: failure && recordedFailure(failure),
    requestId: who.requestId,
  }
}

/** What the service itself does to a key, such as an automatic rotation: a record without a caller, as CloudTrail has them. */
export function serviceEvent(eventName: string, key: Scope & { readonly id: KeyId }, request: Json, requestId: string): AuditEvent {
  return {
    eventSource: 'kms.amazonaws.com',
    eventName,
    readOnly: false,
    account: key.account,
    region: key.region,
    principal: undefined,
    source: 'holdfast',
    agent: 'holdfast',
    request,
    response: null,
    resources: [keyArn(key)],
    failure: undefined,
    requestId,
  }
}

/** A failure as the trail keeps it; anything undeclared is INTERNAL. */
export function recordedFailure(error: unknown): { code: string; text: string } {
  return error instanceof VaultError ? { code: error.code, text: error.message } : { code: 'INTERNAL', text: '' }
}

/** A caller's text may hold lone surrogates, which have no canonical form: the refusal of such a text must be recorded too. */
function recordable(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(recordable)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), recordable(member)]))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
