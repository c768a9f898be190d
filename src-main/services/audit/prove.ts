import { parseCheckpoint } from '#core/audit/checkpoint.ts'
import { verifyNote, type NoteKey } from '#core/audit/note.ts'
import { proofPath, type PrefixProof, type ProofKey, type RecordProof } from '#core/audit/proof.ts'
import { leafHash } from '#core/audit/tree.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { AuditCheckpoint, Store } from '#core/ports/store.ts'
import { toBase64, toHex } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Resource } from '../authorisation.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Checkpoints } from './checkpoints.ts'

export interface ProofView {
  /** The proof file's text: what is verified without a vault. */
  proof: string
  size: number
  leafHash: string
  root: string
  at?: Date
  /** The path from the leaf to the root, for people: how many records each hash stands for, and on which side. */
  path: { hash: string; side: 'left' | 'right'; records: number }[]
}

/** Proofs for whoever has no vault: that a record is in the trail, and that an older checkpoint is the beginning of the newest. */
export function proveTrail({ crypto, store, checkpoints, resources }: { crypto: Crypto; store: Store; checkpoints: Checkpoints; resources: readonly Resource[] }) {
  const common = { readOnly: true, check: () => undefined, target: () => ({ resources }) }

  const proveAuditRecord: Operation<{ sequence: number }, Targeted, ProofView> = {
    ...common,
    name: 'ProveAuditRecord',
    action: 'holdfast:ReadAudit',
    request: ({ sequence }) => ({ sequence }),
    async perform(_call, _target, { sequence }) {
      const [row] = store.read(({ audit }) => audit.page(sequence, 1))
      if (row?.sequence !== sequence) throw new VaultError('NotFoundException', { text: `The trail has no record ${sequence}.` })
      const signed = await coveredBy(sequence + 1)
      const { checkpoint } = parseCheckpoint(signed.note) ?? unreachable('a checkpoint that is none')
      const path = store.read(({ audit }) => audit.inclusion(sequence, signed.size))
      const proof: RecordProof = {
        type: 'holdfast/audit-record-proof/v1',
        sequence,
        record: new TextDecoder().decode(row.leaf),
        path: proofPath(path),
        checkpoint: signed.note,
        key: proofKey(signed),
      }
      const view: ProofView = {
        proof: `${JSON.stringify(proof, null, 2)}\n`,
        size: signed.size,
        leafHash: toHex(leafHash(crypto.sha256, row.leaf)),
        root: toHex(checkpoint.root),
        ...(checkpoint.at === undefined ? {} : { at: new Date(checkpoint.at) }),
        path: sidesOf(sequence, signed.size).map((step, i) => ({ hash: toHex(path[i] ?? new Uint8Array()), ...step })),
      }
      return { settle: () => view }
    },
  }

  const proveAuditPrefix: Operation<{ checkpoint: string }, Targeted, { proof: string; older: number; newer: number }> = {
    ...common,
    name: 'ProveAuditPrefix',
    action: 'holdfast:ReadAudit',
    request: () => null,
    async perform(_call, _target, { checkpoint: note }) {
      const older = parseCheckpoint(note)
      if (older === undefined) throw new VaultError('MALFORMED', { what: 'a checkpoint' })
      if (older.checkpoint.origin !== checkpoints.origin) throw new VaultError('ValidationException', { text: 'The checkpoint is of another trail.' })
      const newest = await coveredBy(older.checkpoint.size)
      if (older.checkpoint.size > newest.size || older.checkpoint.size === 0) throw new VaultError('AUDIT_TRAIL_CHANGED', { record: newest.size })
      const path = store.read(({ audit }) => audit.consistency(older.checkpoint.size, newest.size))
      const proof: PrefixProof = { type: 'holdfast/audit-prefix-proof/v1', older: note, newer: newest.note, path: proofPath(path), key: proofKey(newest) }
      return { settle: () => ({ proof: `${JSON.stringify(proof, null, 2)}\n`, older: older.checkpoint.size, newer: newest.size }) }
    },
  }

  return { proveAuditRecord, proveAuditPrefix }

  /** The newest checkpoint; a new one if it is not of so many records. */
  async function coveredBy(size: number): Promise<AuditCheckpoint> {
    const [last] = store.read(({ audit }) => audit.checkpoints(undefined, 1))
    return last !== undefined && last.size >= size ? last : checkpoints.sign()
  }

  function proofKey({ note }: AuditCheckpoint): ProofKey {
    const parsed = parseCheckpoint(note)
    const key: NoteKey | undefined = checkpoints.keys().find((each) => parsed !== undefined && verifyNote(crypto, parsed.note, each))
    if (key === undefined) throw new VaultError('NOT_AUTHENTIC', { what: 'The last checkpoint' })
    return { algorithm: key.algorithm, publicKey: toBase64(key.publicKey) }
  }
}

/** Of each hash of an inclusion proof, from the leaf upwards: its side, and the number of records below it. */
function sidesOf(index: number, size: number): { side: 'left' | 'right'; records: number }[] {
  if (size === 1) return []
  let half = 1
  while (half * 2 < size) half *= 2
  return index < half ? [...sidesOf(index, half), { side: 'right', records: size - half }] : [...sidesOf(index - half, size - half), { side: 'left', records: half }]
}
