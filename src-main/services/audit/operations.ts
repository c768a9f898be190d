import { eventOf } from '#core/audit/event.ts'
import { csvHead, csvLine } from '#core/audit/export.ts'
import { verifierKey } from '#core/audit/note.ts'
import { toPem } from '#core/audit/proof.ts'
import { leafHash } from '#core/audit/tree.ts'
import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Store, VaultRow } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Operation, Targeted } from '../operation.ts'
import { vaultResource } from '../vault-resource.ts'
import type { Checkpoints } from './checkpoints.ts'
import { cloudTrailExport } from './cloud-trail.ts'
import { lookUpTrail } from './lookup-events.ts'
import { proveTrail } from './prove.ts'
import type { ServiceKeys } from './service-keys.ts'
import { trailUsage } from './usage.ts'
import { auditQuery, auditRowView, checkpointView, recordedFilter, type AuditFilter, type AuditRowView, type CheckpointView } from './views.ts'
import { verifyTrail, type Verification, type VerifyProgress } from './verify.ts'

/** Records that one page of an export looks at. */
const WINDOW = 4_096

export interface TrailKeyView {
  verifierKey: string
  algorithm: 'ed25519' | 'ecdsa-p256' | 'rsa-pss-2048'
  pem: string
  sha256: string
}

/** Reading the audit trail, verifying it, checkpoints and export: what an auditor does. Each of it is a call, and on the record. */
export function readAudit(parts: { ambient: Ambient; crypto: Crypto; store: Store; row: VaultRow; checkpoints: Checkpoints; serviceKeys: ServiceKeys }) {
  const { crypto, store, checkpoints } = parts
  const resources = [vaultResource(parts.row)]
  const common = { readOnly: true, check: () => undefined, target: () => ({ resources }) }

  // Trails are read outside of the transaction that commits: they only grow, and nobody's write waits for a reading.
  const listAuditRecords: Operation<AuditFilter & { before?: number | undefined; limit: number; count?: boolean | undefined }, Targeted, { rows: AuditRowView[]; next?: number; total?: number; records: number }> = {
    ...common,
    name: 'ListAuditRecords',
    action: 'holdfast:ReadAudit',
    request: ({ before: _before, limit: _limit, count: _count, ...filter }) => recordedFilter(filter),
    perform(call, _target, { before, limit, count, ...filter }) {
      const page = store.read((tables) => {
        const query = { ...auditQuery(tables, call.scope, filter), before }
        const rows = tables.audit.search(query, limit)
        const last = rows.at(-1)
        return {
          rows: rows.map(auditRowView),
          ...(rows.length === limit && last !== undefined && last.sequence > 0 ? { next: last.sequence } : {}),
          ...(count === true ? { total: tables.audit.count({ ...query, before: undefined }) } : {}),
          records: tables.audit.next(),
        }
      })
      return { settle: () => page }
    },
  }

  const readAuditRecord: Operation<{ sequence: number }, Targeted, { sequence: number; event: string; leafHash: string }> = {
    ...common,
    name: 'ReadAuditRecord',
    action: 'holdfast:ReadAudit',
    request: ({ sequence }) => ({ sequence }),
    perform(_call, _target, { sequence }) {
      const [row] = store.read(({ audit }) => audit.page(sequence, 1))
      if (row?.sequence !== sequence) throw new VaultError('NotFoundException', { text: `The trail has no record ${sequence}.` })
      const event = new TextDecoder().decode(row.leaf)
      return { settle: () => ({ sequence, event, leafHash: toHex(leafHash(crypto.sha256, row.leaf)) }) }
    },
  }

  const exportAuditRecords: Operation<AuditFilter & { at: number; format: 'jsonl' | 'csv' }, Targeted, { text: string; next?: number; of: number }> = {
    ...common,
    name: 'ExportAuditRecords',
    action: 'holdfast:ExportAudit',
    request: ({ at, format, ...filter }) => ({ at, format, filter: recordedFilter(filter) }),
    perform(call, _target, { at, format, ...filter }) {
      const page = store.read((tables) => {
        const query = { ...auditQuery(tables, call.scope, filter), since: at, before: at + WINDOW }
        const leaves = tables.audit.search(query, WINDOW).reverse()
        const of = tables.audit.next()
        const lines = leaves.map(({ leaf }) => (format === 'csv' ? csvLine(eventOf(leaf)) : `${new TextDecoder().decode(leaf)}\n`))
        return { text: (format === 'csv' && at === 0 ? csvHead : '') + lines.join(''), ...(at + WINDOW < of ? { next: at + WINDOW } : {}), of }
      })
      return { settle: () => page }
    },
  }

  const verifyAudit: Operation<{ checkpoints?: string[] | undefined; signal: AbortSignalLike; tell: (progress: VerifyProgress) => void }, Targeted, Verification> = {
    ...common,
    name: 'VerifyAudit',
    action: 'holdfast:VerifyAudit',
    request: ({ checkpoints: outside = [] }) => ({ checkpoints: outside.length }),
    async perform(_call, _target, { checkpoints: outside = [], signal, tell }) {
      const result = await verifyTrail({ ...parts, origin: checkpoints.origin, keys: checkpoints.keys() }, outside, { signal, tell })
      return {
        settle: () => result,
        response: ({ ok, records, root, covered, problem }) => ({ ok, records, root, covered, ...(problem === undefined ? {} : { problem: { ...problem } }) }),
      }
    },
  }

  const signAuditCheckpoint: Operation<object, Targeted, CheckpointView> = {
    ...common,
    name: 'SignAuditCheckpoint',
    action: 'holdfast:SignAuditCheckpoint',
    readOnly: false,
    request: () => null,
    async perform() {
      const signed = checkpointView(await checkpoints.sign())
      return { settle: () => signed, response: ({ size, root }) => ({ size, root }) }
    },
  }

  const listAuditCheckpoints: Operation<{ before?: number | undefined; limit: number }, Targeted, { checkpoints: CheckpointView[]; next?: number }> = {
    ...common,
    name: 'ListAuditCheckpoints',
    action: 'holdfast:ReadAudit',
    request: () => null,
    perform(_call, _target, { before, limit }) {
      const rows = store.read(({ audit }) => audit.checkpoints(before, limit))
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { settle: () => ({ checkpoints: rows.map(checkpointView), ...(last === undefined ? {} : { next: last.size }) }) }
    },
  }

  const readAuditKeys: Operation<object, Targeted, { origin: string; keys: TrailKeyView[] }> = {
    ...common,
    name: 'ReadAuditKeys',
    action: 'holdfast:ReadAudit',
    request: () => null,
    perform: () => ({
      settle: () => ({
        origin: checkpoints.origin,
        keys: checkpoints.keys().map((key) => ({ verifierKey: verifierKey(crypto, key), algorithm: key.algorithm, pem: toPem(key.publicKey), sha256: toHex(crypto.sha256(key.publicKey)) })),
      }),
    }),
  }

  return {
    listAuditRecords, readAuditRecord, exportAuditRecords, verifyAudit, signAuditCheckpoint, listAuditCheckpoints, readAuditKeys,
    ...proveTrail({ ...parts, resources }),
    ...trailUsage({ ...parts, resources }),
    ...cloudTrailExport({ ...parts, resources }),
    ...lookUpTrail({ ...parts, resources }),
  }
}
