import { fromBase64, toBase64, utf8 } from '../vocabulary/bytes.ts'
import type { Crypto } from '../ports/crypto.ts'
import { parseCheckpoint, type Checkpoint } from './checkpoint.ts'
import { verifyNote, type NoteAlgorithm, type NoteKey } from './note.ts'
import { leafHash, rootFromInclusion, rootsFromConsistency } from './tree.ts'

// Proofs that are verified without a vault: docs/spec/checkpoint-v1.md, "Proof files".

/** That a record is in the trail that a checkpoint signs. */
export interface RecordProof {
  readonly type: 'holdfast/audit-record-proof/v1'
  readonly sequence: number
  /** The record's exact text. */
  readonly record: string
  /** RFC 6962 PATH, from the leaf upwards; base64. */
  readonly path: readonly string[]
  readonly checkpoint: string
  readonly key: ProofKey
}

/** That one checkpoint is the beginning of another. */
export interface PrefixProof {
  readonly type: 'holdfast/audit-prefix-proof/v1'
  readonly older: string
  readonly newer: string
  /** RFC 6962 PROOF; base64. */
  readonly path: readonly string[]
  readonly key: ProofKey
}

export interface ProofKey {
  readonly algorithm: NoteAlgorithm
  /** SubjectPublicKeyInfo in DER, base64. */
  readonly publicKey: string
}

export type ProofVerdict =
  | { readonly verdict: 'holds'; readonly proves: 'record'; readonly sequence: number; readonly record: string; readonly checkpoint: Checkpoint; readonly keySha256: Uint8Array }
  | { readonly verdict: 'holds'; readonly proves: 'prefix'; readonly older: Checkpoint; readonly newer: Checkpoint; readonly keySha256: Uint8Array }
  | { readonly verdict: 'malformed' | 'not-signed' | 'differs' }

/** `trusted`: SubjectPublicKeyInfo of the key that must have signed; undefined: the proof's own, whose fingerprint the reader must know. */
export function verifyProof(crypto: Crypto, text: string, trusted?: Uint8Array): ProofVerdict {
  const proof = parse(text)
  const path = proof?.path.map(fromBase64)
  const publicKey = trusted ?? fromBase64(proof?.key.publicKey ?? '')
  if (proof === undefined || path === undefined || !path.every((hash) => hash?.length === 32) || publicKey === undefined) return { verdict: 'malformed' }
  const hashes = path as Uint8Array[]
  const signed = (note: string): Checkpoint | 'malformed' | 'not-signed' => {
    const parsed = parseCheckpoint(note)
    if (parsed === undefined) return 'malformed'
    const key: NoteKey = { name: parsed.checkpoint.origin, algorithm: proof.key.algorithm, publicKey }
    return verifyNote(crypto, parsed.note, key) ? parsed.checkpoint : 'not-signed'
  }
  const keySha256 = crypto.sha256(publicKey)
  if (proof.type === 'holdfast/audit-record-proof/v1') {
    const checkpoint = signed(proof.checkpoint)
    if (typeof checkpoint === 'string') return { verdict: checkpoint }
    const root = rootFromInclusion(crypto.sha256, leafHash(crypto.sha256, utf8(proof.record)), proof.sequence, checkpoint.size, hashes)
    if (root === undefined || !crypto.equal(root, checkpoint.root)) return { verdict: 'differs' }
    return { verdict: 'holds', proves: 'record', sequence: proof.sequence, record: proof.record, checkpoint, keySha256 }
  }
  const [older, newer] = [signed(proof.older), signed(proof.newer)]
  if (typeof older === 'string') return { verdict: older }
  if (typeof newer === 'string') return { verdict: newer }
  const roots = rootsFromConsistency(crypto.sha256, older, newer.size, hashes)
  const fits = older.origin === newer.origin && roots !== undefined && crypto.equal(roots.older, older.root) && crypto.equal(roots.newer, newer.root)
  return fits ? { verdict: 'holds', proves: 'prefix', older, newer, keySha256 } : { verdict: 'differs' }
}

/** Hashes as proofs carry them. */
export function proofPath(hashes: readonly Uint8Array[]): string[] {
  return hashes.map(toBase64)
}

/** The DER of a PEM text; undefined if it is none. */
export function fromPem(pem: string): Uint8Array | undefined {
  const body = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1]
  return body === undefined ? undefined : fromBase64(body.replaceAll(/\s/g, ''))
}

export function toPem(publicKey: Uint8Array): string {
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(publicKey).replaceAll(/.{1,64}/g, '$&\n')}-----END PUBLIC KEY-----\n`
}

const algorithms: readonly string[] = ['ed25519', 'ecdsa-p256', 'rsa-pss-2048'] satisfies readonly NoteAlgorithm[]

function parse(text: string): RecordProof | PrefixProof | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (!isMap(value) || !isMap(value['key']) || !Array.isArray(value['path']) || value['path'].length > 128) return undefined
  const texts = (...names: string[]): boolean => names.every((name) => typeof value[name] === 'string')
  const keyed = typeof value['key']['algorithm'] === 'string' && algorithms.includes(value['key']['algorithm']) && typeof value['key']['publicKey'] === 'string'
  if (!keyed || !value['path'].every((hash) => typeof hash === 'string')) return undefined
  if (value['type'] === 'holdfast/audit-record-proof/v1') {
    return texts('record', 'checkpoint') && Number.isSafeInteger(value['sequence']) ? (value as unknown as RecordProof) : undefined
  }
  return value['type'] === 'holdfast/audit-prefix-proof/v1' && texts('older', 'newer') ? (value as unknown as PrefixProof) : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
