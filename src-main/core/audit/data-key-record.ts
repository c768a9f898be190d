import type { Json } from '../vocabulary/canonical.ts'
import type { EncryptionContext } from '../vocabulary/kms.ts'

/** A data key that was handed out, as its audit record tells. Nothing of the key itself is in a record. */
export interface IssuedDataKey {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly keyArn: string
  readonly context: EncryptionContext
  /** DataKeySpec; undefined where a length was asked for. */
  readonly spec: string | undefined
  /** Bytes; undefined where a spec was asked for. */
  readonly bytes: number | undefined
  readonly withPlaintext: boolean
  /** The principal's ARN; undefined where the record names none. */
  readonly principal: string | undefined
  readonly account: string | undefined
  readonly region: string | undefined
}

/** With or without plaintext, by the operation's name. */
const operations: Readonly<Record<string, boolean>> = { GenerateDataKey: true, GenerateDataKeyWithoutPlaintext: false }

/** Reads an audit event (core/audit/record.ts); undefined if it is not of a data key that was handed out: another operation, or refused. */
export function issuedDataKey(event: Json | undefined): IssuedDataKey | undefined {
  const name = text(event, 'eventName')
  const withPlaintext = name === undefined ? undefined : operations[name]
  const [keyArn] = list(member(event, 'resources')).flatMap((resource) => text(resource, 'ARN') ?? [])
  if (withPlaintext === undefined || keyArn === undefined || text(event, 'eventSource') !== 'kms.amazonaws.com' || text(event, 'errorCode') !== undefined) return undefined
  const request = member(event, 'requestParameters')
  const bytes = member(request, 'numberOfBytes')
  return {
    at: Date.parse(text(event, 'eventTime') ?? ''),
    keyArn,
    context: texts(member(request, 'encryptionContext')),
    spec: text(request, 'keySpec'),
    bytes: typeof bytes === 'number' ? bytes : undefined,
    withPlaintext,
    principal: text(member(event, 'userIdentity'), 'arn'),
    account: text(event, 'recipientAccountId'),
    region: text(event, 'awsRegion'),
  }
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function text(value: Json | undefined, name: string): string | undefined {
  const found = member(value, name)
  return typeof found === 'string' ? found : undefined
}

function texts(value: Json | undefined): EncryptionContext {
  return isMap(value) ? Object.fromEntries(Object.entries(value).flatMap(([name, entry]) => (typeof entry === 'string' ? [[name, entry]] : []))) : {}
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

function isMap(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
