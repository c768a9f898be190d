import { utf8 } from '../vocabulary/bytes.ts'
import { canonicalJson, type Json } from '../vocabulary/canonical.ts'
import type { AccessKeyId, AccountId, Region } from '../vocabulary/ids.ts'

/**
 * One audit record, in the shape of a CloudTrail event (AWS CloudTrail record contents, event version 1.11) with our `sequence`.
 * Its leaf is its exact bytes in RFC 8785 form: what a Merkle tree over the trail will hash.
 */
export interface AuditRecord {
  /** Place in the trail: gapless from 0, in the order of commits. */
  readonly sequence: number
  readonly eventId: string
  /** Milliseconds since 1970, wall clock. */
  readonly at: number
  readonly eventSource: 'kms.amazonaws.com' | 'holdfast'
  readonly eventName: string
  readonly readOnly: boolean
  readonly account: AccountId | undefined
  readonly region: Region | undefined
  /** The principal's ARN; undefined for a call that proved nobody. */
  readonly principal: string | undefined
  readonly source: string
  readonly agent: string
  readonly request: Json
  readonly response: Json
  /** ARNs of the keys that the call was about; of the account, where it was about the vault. */
  readonly resources: readonly string[]
  /** A row of the failure table, with its text. */
  readonly failure: { readonly code: string; readonly text: string } | undefined
  /** Ties a call's own records together, as AWS's requestID. */
  readonly requestId: string
  /** What signed the request; undefined where a person signed in. */
  readonly accessKeyId?: AccessKeyId | undefined
  readonly tls?: TlsDetails | undefined
}

/** CloudTrail's tlsDetails. */
export interface TlsDetails {
  /** `TLSv1.3` */
  readonly version: string
  /** OpenSSL's or IANA's name. */
  readonly cipherSuite: string
  /** The Host header, as it was received. */
  readonly host: string
}

/** The source of what the service does by itself, such as an automatic rotation. */
export const SERVICE = 'holdfast'

/** The record's leaf bytes. */
export function auditLeaf(record: AuditRecord): Uint8Array<ArrayBuffer> {
  return eventLeaf(auditEvent(record))
}

export function eventLeaf(event: Json): Uint8Array<ArrayBuffer> {
  return utf8(canonicalJson(event))
}

/** What the leaf is of. */
export function auditEvent(record: AuditRecord): Json {
  return {
    sequence: record.sequence,
    eventVersion: '1.11',
    eventID: record.eventId,
    eventTime: new Date(record.at).toISOString(),
    eventSource: record.eventSource,
    eventName: record.eventName,
    eventType: record.eventSource === 'holdfast' ? 'HoldfastEvent' : 'AwsApiCall',
    eventCategory: 'Management',
    managementEvent: true,
    readOnly: record.readOnly,
    ...(record.region === undefined ? {} : { awsRegion: record.region }),
    ...(record.account === undefined ? {} : { recipientAccountId: record.account }),
    userIdentity: userIdentity(record),
    sourceIPAddress: record.source,
    userAgent: record.agent,
    requestParameters: record.request,
    responseElements: record.response,
    requestID: record.requestId,
    ...(record.resources.length === 0 ? {} : { resources: record.resources.map((ARN) => (ARN.includes(':key/') ? { ARN, type: 'AWS::KMS::Key' } : { ARN })) }),
    ...(record.tls === undefined ? {} : { tlsDetails: { tlsVersion: record.tls.version, cipherSuite: record.tls.cipherSuite, clientProvidedHostHeader: record.tls.host } }),
    ...(record.failure === undefined ? {} : { errorCode: record.failure.code }),
    ...(record.failure === undefined || record.failure.text === '' ? {} : { errorMessage: record.failure.text }),
  }
}

function userIdentity(record: AuditRecord): Json {
  if (record.principal === undefined && record.source === SERVICE) return { type: 'AWSService', invokedBy: SERVICE }
  if (record.principal === undefined || record.account === undefined) return { type: 'Unauthenticated' }
  const accessKey = record.accessKeyId === undefined ? {} : { accessKeyId: record.accessKeyId }
  const [, kind, name] = /:(user|role)\/(?:.*\/)?([^/]+)$/.exec(record.principal) ?? []
  if (kind === 'user') return { type: 'IAMUser', arn: record.principal, accountId: record.account, userName: name ?? '', ...accessKey }
  return { type: kind === 'role' ? 'Role' : 'Root', arn: record.principal, accountId: record.account, principalId: record.account, ...accessKey }
}
