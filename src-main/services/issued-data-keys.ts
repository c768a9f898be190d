import { keyArn } from '#core/keys/arn.ts'
import { issuedDataKey } from '#core/audit/data-key-record.ts'
import type { KeyRow, Scope, Store, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { findKey } from './kms/keys.ts'
import type { Operation, Targeted } from './operation.ts'

export interface IssuedDataKeyView {
  /** Place of its record in the audit trail. */
  sequence: number
  at: Date
  keyArn: string
  context: Record<string, string>
  spec?: string
  bytes?: number
  withPlaintext: boolean
  principal?: string
}

export interface IssuedDataKeysRequest {
  /** Key id, key ARN, alias name or alias ARN; all keys of the account and Region if undefined. */
  keyId?: string | undefined
  /** Records before this one only. */
  before?: number | undefined
  limit: number
}

export interface IssuedDataKeysPage {
  rows: IssuedDataKeyView[]
  /** Where to go on; undefined at the trail's beginning. A page can have few rows, or none, and yet have this. */
  next?: number
}

/** The most records that one call looks at: reading on is the caller's choice, so that nobody else waits. */
export const RECORDS_A_CALL = 2000
const RECORDS_A_READ = 200

export interface IssuedTarget extends Targeted {
  readonly key: KeyRow | undefined
}

/** Which data keys were handed out under which key and context, newest first, as the audit trail has them: files' data keys too. */
export function issuedDataKeys({ store }: { store: Store }) {
  const listIssuedDataKeys: Operation<IssuedDataKeysRequest, IssuedTarget, IssuedDataKeysPage> = {
    name: 'ListIssuedDataKeys',
    action: 'holdfast:ListIssuedDataKeys',
    readOnly: true,
    request: ({ keyId }) => (keyId === undefined ? null : { keyId }),
    check: () => undefined,
    target(tables, scope, { keyId }) {
      if (keyId !== undefined) {
        const found = findKey(tables, scope, keyId, 'any')
        // A key's policy speaks of kms: actions: who may look at the key may look at this.
        return { ...found, resources: found.resources.map((resource) => ({ ...resource, action: 'kms:DescribeKey' })) }
      }
      return { key: undefined, resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }
    },
    perform(call, { key }, { before, limit }) {
      // Outside of the transaction that commits: the trail only grows, and nobody's write waits for a reading.
      const page = store.read((tables) => issuedIn(tables, call.scope, key && keyArn(key), before, limit))
      return { settle: () => page }
    },
  }
  return { listIssuedDataKeys }
}

function issuedIn(tables: Tables, scope: Scope, onlyKey: string | undefined, before: number | undefined, limit: number): IssuedDataKeysPage {
  const rows: IssuedDataKeyView[] = []
  let at = before
  for (let seen = 0; seen < RECORDS_A_CALL;) {
    const records = tables.audit.latest(at, RECORDS_A_READ)
    for (const { sequence, leaf } of records) {
      at = sequence
      const issued = issuedDataKey(JSON.parse(decoder.decode(leaf)) as Json)
      if (issued === undefined || issued.account !== scope.account || issued.region !== scope.region) continue
      if (onlyKey !== undefined && issued.keyArn !== onlyKey) continue
      const { spec, bytes, principal, keyArn: arn, context, withPlaintext } = issued
      rows.push({
        sequence,
        at: new Date(issued.at),
        keyArn: arn,
        context: { ...context },
        ...(spec === undefined ? {} : { spec }),
        ...(bytes === undefined ? {} : { bytes }),
        withPlaintext,
        ...(principal === undefined ? {} : { principal }),
      })
      if (rows.length === limit) return { rows, ...onFrom(at) }
    }
    if (records.length < RECORDS_A_READ) return { rows }
    seen += records.length
  }
  return { rows, ...onFrom(at) }
}

/** The trail begins with record 0. */
function onFrom(at: number | undefined): { next?: number } {
  return at === undefined || at === 0 ? {} : { next: at }
}

// Leaves are our own canonical JSON, written by the trail and authenticated by the database's pages.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
