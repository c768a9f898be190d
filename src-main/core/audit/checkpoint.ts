import { fromBase64, toBase64 } from '../vocabulary/bytes.ts'
import type { VaultId } from '../vocabulary/ids.ts'
import { parseNote, type SignedNote } from './note.ts'

/** A checkpoint (c2sp.org/tlog-checkpoint): how long a trail was, and the root of its tree then. docs/spec/checkpoint-v1.md. */
export interface Checkpoint {
  /** Which trail: `holdfast/audit/v1/VAULT/EPOCH`. */
  readonly origin: string
  /** Records covered: 0 to size - 1. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Milliseconds since 1970 by the clock of whoever signed: our one extension line. Undefined where there is none. */
  readonly at: number | undefined
}

const TIME = 'time '

export function checkpointOrigin(vaultId: VaultId, epoch: string): string {
  return `holdfast/audit/v1/${vaultId}/${epoch}`
}

/** The note's text, which is signed. */
export function checkpointText({ origin, size, root, at }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n${at === undefined ? '' : `${TIME}${new Date(at).toISOString()}\n`}`
}

/** A signed checkpoint as it was written; undefined for everything else. Says nothing about its signatures. */
export function parseCheckpoint(text: string): { checkpoint: Checkpoint; note: SignedNote } | undefined {
  const note = parseNote(text)
  const lines = note?.text.split('\n') ?? []
  const [origin, count, hash, ...more] = lines.slice(0, -1)
  const root = fromBase64(hash ?? '')
  if (note === undefined || origin === undefined || origin === '' || root?.length !== 32 || !/^(?:0|[1-9][0-9]{0,15})$/.test(count ?? '')) return undefined
  if (more.includes('') || !Number.isSafeInteger(Number(count))) return undefined
  const at = more.find((line) => line.startsWith(TIME))?.slice(TIME.length)
  return { checkpoint: { origin, size: Number(count), root, at: at === undefined ? undefined : timeOf(at) }, note }
}

/** In its one form only. */
function timeOf(text: string): number | undefined {
  const at = Date.parse(text)
  return Number.isNaN(at) || new Date(at).toISOString() !== text ? undefined : at
}
