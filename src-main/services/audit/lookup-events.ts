import { eventOf, member, recordFacts, text } from '#core/audit/event.ts'
import { cloudTrailRecord } from '#core/audit/export.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { AuditQuery, AuditRow, Store, VaultRow } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Resource } from '../authorisation.ts'
import type { Operation, Targeted } from '../operation.ts'
import { digestKey } from './cloud-trail.ts'
import { auditQuery, type AuditFilter } from './views.ts'

export interface LookupEventsRequest {
  LookupAttributes?: { AttributeKey: string; AttributeValue: string }[] | undefined
  StartTime?: Date | undefined
  EndTime?: Date | undefined
  EventCategory?: string | undefined
  /** 1 to 50. */
  MaxResults?: number | undefined
  NextToken?: string | undefined
}

export interface LookedUpEvent {
  EventId: string
  EventName: string
  ReadOnly: string
  AccessKeyId?: string
  EventTime: Date
  EventSource: string
  Username?: string
  Resources: { ResourceType?: string; ResourceName: string }[]
  CloudTrailEvent: string
}

const MOST = 50

/** How each attribute is found, and what a record must then be like. */
const attributes: Readonly<Record<string, { readonly filter: (value: string) => AuditFilter; readonly holds: (event: Json, value: string) => boolean }>> = {
  EventId: { filter: (value) => ({ text: value }), holds: (event, value) => text(event, 'eventID') === value },
  EventName: { filter: (value) => ({ operation: value }), holds: () => true },
  EventSource: { filter: () => ({}), holds: (event, value) => text(event, 'eventSource') === value },
  ReadOnly: { filter: () => ({}), holds: (event, value) => readOnlyOf(event) === value },
  Username: { filter: (value) => ({ text: value }), holds: (event, value) => usernameOf(event) === value },
  ResourceName: { filter: (value) => ({ key: value }), holds: () => true },
  ResourceType: { filter: () => ({}), holds: (event, value) => value === 'AWS::KMS::Key' && recordFacts(event).keys.length > 0 },
  AccessKeyId: { filter: (value) => ({ text: value }), holds: (event, value) => text(member(event, 'userIdentity'), 'accessKeyId') === value },
}

/** What CloudTrail's own clients ask of a trail: its last events, where its digests are, and with which key they are signed. */
export function lookUpTrail(parts: { ambient: Ambient; crypto: Crypto; store: Store; row: VaultRow; resources: readonly Resource[] }) {
  const { ambient, crypto, store, row, resources } = parts
  const common = { readOnly: true, check: () => undefined, target: () => ({ resources }), action: 'holdfast:ReadAudit' } as const

  const lookupEvents: Operation<LookupEventsRequest, Targeted, { Events: LookedUpEvent[]; NextToken?: string }> = {
    ...common,
    name: 'LookupEvents',
    request: ({ LookupAttributes: given = [] }) => ({ lookupAttributes: given.map(({ AttributeKey, AttributeValue }) => ({ attributeKey: AttributeKey, attributeValue: AttributeValue })) }),
    check({ LookupAttributes: given = [], MaxResults = MOST, NextToken = '1' }) {
      if (given.length > 1) throw invalid('LookupEvents takes one lookup attribute.')
      if (given.some(({ AttributeKey }) => !Object.hasOwn(attributes, AttributeKey))) throw invalid(`AttributeKey is one of ${Object.keys(attributes).join(', ')}.`)
      if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > MOST) throw invalid(`MaxResults is a number from 1 to ${MOST}.`)
      if (!/^\d{1,15}$/.test(NextToken)) throw invalid('NextToken is none that an earlier answer gave.')
    },
    perform(call, _target, { LookupAttributes: [given] = [], StartTime, EndTime, MaxResults = MOST, NextToken }) {
      const attribute = given && attributes[given.AttributeKey]
      const rows = store.read((tables) => {
        // CloudTrail's end is inclusive, to the second.
        const filter: AuditFilter = { ...(given && attribute?.filter(given.AttributeValue)), from: StartTime, to: EndTime && new Date(EndTime.getTime() + 1_000) }
        const query: AuditQuery = auditQuery(tables, call.scope, filter, call.scope)
        const accept = (candidate: AuditRow): boolean => query.accept(candidate) && (given === undefined || attribute?.holds(eventOf(candidate.leaf), given.AttributeValue) === true)
        return tables.audit.search({ ...query, before: NextToken === undefined ? undefined : Number(NextToken), accept }, MaxResults)
      })
      const last = rows.length === MaxResults ? rows.at(-1) : undefined
      return { settle: () => ({ Events: rows.map(lookedUp), ...(last === undefined ? {} : { NextToken: String(last.sequence) }) }) }
    },
  }

  const describeTrails: Operation<object, Targeted, { trailList: object[] }> = {
    ...common,
    name: 'DescribeTrails',
    request: () => null,
    perform: (call) => ({
      settle: () => ({
        trailList: [{
          Name: TRAIL,
          S3BucketName: BUCKET,
          IncludeGlobalServiceEvents: true,
          IsMultiRegionTrail: true,
          IsOrganizationTrail: false,
          HomeRegion: row.region,
          TrailARN: `arn:aws:cloudtrail:${row.region}:${call.scope.account}:trail/${TRAIL}`,
          LogFileValidationEnabled: true,
          HasCustomEventSelectors: false,
          HasInsightSelectors: false,
        }],
      }),
    }),
  }

  const listPublicKeys: Operation<object, Targeted, { PublicKeyList: { Value: Uint8Array; ValidityStartTime: Date; ValidityEndTime: Date; Fingerprint: string }[] }> = {
    ...common,
    name: 'ListPublicKeys',
    request: () => null,
    perform: () => ({
      settle: (tables) => ({
        PublicKeyList: tables.serviceKeys.list().filter(({ purpose }) => purpose === 'audit-digest').map((key) => {
          const { pkcs1, fingerprint } = digestKey(crypto, key)
          return { Value: Uint8Array.from(pkcs1), ValidityStartTime: new Date(key.createdAt), ValidityEndTime: new Date(ambient.now() + YEAR), Fingerprint: fingerprint }
        }),
      }),
    }),
  }

  return { lookupEvents, describeTrails, listPublicKeys }
}

/** What exports call them if they are not told otherwise. */
const TRAIL = 'holdfast'
const BUCKET = 'holdfast-audit'
const YEAR = 365 * 24 * 60 * 60 * 1000

function lookedUp({ leaf }: AuditRow): LookedUpEvent {
  const event = eventOf(leaf)
  const { at, operation, keys } = recordFacts(event)
  const accessKeyId = text(member(event, 'userIdentity'), 'accessKeyId')
  const username = usernameOf(event)
  return {
    EventId: text(event, 'eventID') ?? '',
    EventName: operation,
    ReadOnly: readOnlyOf(event),
    ...(accessKeyId === undefined ? {} : { AccessKeyId: accessKeyId }),
    EventTime: new Date(at),
    EventSource: text(event, 'eventSource') ?? '',
    ...(username === undefined ? {} : { Username: username }),
    Resources: keys.map((ResourceName) => ({ ResourceType: 'AWS::KMS::Key', ResourceName })),
    CloudTrailEvent: JSON.stringify(cloudTrailRecord(event)),
  }
}

/** The last part of the principal's ARN: `root`, a user's name, a session's. */
function usernameOf(event: Json): string | undefined {
  return text(member(event, 'userIdentity'), 'arn')?.replace(/^.*[:/]/, '')
}

/** As CloudTrail has it, in words. */
function readOnlyOf(event: Json): string {
  return member(event, 'readOnly') === true ? 'true' : 'false'
}

function invalid(what: string): VaultError {
  return new VaultError('ValidationException', { text: what })
}
