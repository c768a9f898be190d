import { rareTerms } from '#core/audit/blocks.ts'
import { parseCheckpoint, type Checkpoint } from '#core/audit/checkpoint.ts'
import { eventOf, member, recordFacts } from '#core/audit/event.ts'
import { verifyNote, type NoteKey } from '#core/audit/note.ts'
import { eachNumber } from '#core/audit/terms.ts'
import { grow, leafHash, rootOf, type Growing } from '#core/audit/tree.ts'
import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { AuditBlock, AuditRow, Store } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

export interface VerifyProgress {
  checked: number
  of: number
  /** `records`: leaves and tree; `index`: what the search finds them by. */
  phase: 'records' | 'index'
}

/** What is wrong first. `upTo`: it is one of the records from `sequence` to this one, and no more is known. */
export interface TrailProblem {
  kind: 'changed' | 'removed' | 'added' | 'cut-off' | 'rolled-back' | 'checkpoint' | 'index'
  sequence?: number
  upTo?: number
  text: string
}

/** A checkpoint that was kept elsewhere, against this trail. */
export interface OutsideVerdict {
  size?: number
  at?: Date
  verdict: 'holds' | 'malformed' | 'other-trail' | 'not-signed' | 'longer' | 'differs'
}

export interface Verification {
  ok: boolean
  records: number
  /** Root of all records, lower-case hex. */
  root: string
  /** Records that a checkpoint which holds covers. */
  covered: number
  checkpoints: number
  outside: OutsideVerdict[]
  problem?: TrailProblem
  milliseconds: { records: number; index: number }
}

const BLOCK = 256
/** Records between two pauses for everybody else. */
const STRIDE = 2_048
const MOST_CHECKPOINTS = 1_000_000

interface Signed extends Checkpoint {
  readonly outside: boolean
}

/**
 * The whole trail, from its first record: every leaf against its hash, every block and every checkpoint against the tree, then the index
 * against the leaves. Stops at the first record that is wrong. Throws CANCELLED.
 */
export async function verifyTrail(
  parts: { ambient: Ambient; crypto: Crypto; store: Store; origin: string; keys: readonly NoteKey[] },
  outside: readonly string[],
  watch: { signal: AbortSignalLike; tell: (progress: VerifyProgress) => void },
): Promise<Verification> {
  const { ambient, crypto, store } = parts
  const began = ambient.monotonic()
  const { size, rows } = store.read(({ audit }) => ({ size: audit.next(), rows: audit.checkpoints(undefined, MOST_CHECKPOINTS) }))
  const verdicts = outside.map((note) => outsideVerdict(parts, note, size))
  const given = verdicts.flatMap(({ checkpoint, view }) => (checkpoint !== undefined && view.verdict === 'holds' ? [{ ...checkpoint, outside: true }] : []))
  const stored = rows.map((row) => ({ row, signed: signedBy(parts, row.note) }))
  const bad = stored.filter(({ row, signed }) => signed === undefined || signed.size !== row.size).at(-1)
  const good = stored.flatMap(({ row, signed }) => (signed !== undefined && signed.size === row.size ? [{ ...signed, outside: false }] : []))
  const checkpoints = new Map<number, Signed[]>()
  for (const each of [...good, ...given]) checkpoints.set(each.size, [...(checkpoints.get(each.size) ?? []), each])

  const tree: Growing = { size: 0, roots: [] }
  /** Up to here a checkpoint that holds says so; what blocks say, whoever rewrites records can rewrite too. */
  let agreed = 0
  let covered = 0
  let held = 0
  let problem: TrailProblem | undefined

  /** Checks one record; what is wrong with it, if something is. */
  function take(row: AuditRow & { readonly hash: Uint8Array | undefined }, blockRoots: Map<number, Uint8Array>): TrailProblem | undefined {
    const place = tree.size
    if (row.sequence !== place) return { kind: 'removed', sequence: place, text: `Record ${place} is missing.` }
    const hash = leafHash(crypto.sha256, row.leaf)
    if (row.hash === undefined || !same(hash, row.hash)) return misplaced(row) ?? { kind: 'changed', sequence: place, text: `Record ${place} is not what was recorded.` }
    let root: Uint8Array | undefined
    grow(crypto.sha256, tree, hash, (level, _place, made) => {
      if (level === 8) root = made
    })
    if (root !== undefined && !same(root, blockRoots.get(tree.size / BLOCK - 1))) return between(Math.max(agreed, tree.size - BLOCK), tree.size)
    const here = checkpoints.get(tree.size)
    if (here !== undefined) {
      const now = rootOf(crypto.sha256, tree)
      for (const { root: then, outside: given } of here) if (!same(now, then)) return given ? between(agreed, tree.size, 'a checkpoint kept elsewhere') : between(agreed, tree.size, 'a signed checkpoint')
      held += here.filter((each) => !each.outside).length
      covered = agreed = tree.size
    }
    return undefined
  }

  /** One of these records is wrong: which, if the numbers in them tell. */
  function between(from: number, to: number, against = 'the tree'): TrailProblem {
    for (let at = from; at < to; at += BLOCK) {
      for (const row of store.read(({ audit }) => audit.page(at, Math.min(BLOCK, to - at)))) {
        const found = misplaced(row)
        if (found !== undefined) return found
      }
    }
    const which = to - from === 1 ? `Record ${from} is` : `Records ${from} to ${to - 1} are`
    return { kind: 'changed', sequence: from, ...(to - from === 1 ? {} : { upTo: to - 1 }), text: `${which} not what ${against} has.` }
  }

  for (let at = 0; at < size && problem === undefined; at += STRIDE) {
    const page = store.read(({ audit }) => ({
      rows: audit.hashed(at, Math.min(STRIDE, size - at)),
      roots: new Map(Array.from({ length: STRIDE / BLOCK }, (_, i) => at / BLOCK + i).flatMap((block) => audit.blockRoot(block) ?? []).map(({ block, root }) => [block, root])),
    }))
    for (const row of page.rows) {
      problem = take(row, page.roots)
      if (problem !== undefined) break
    }
    if (problem === undefined && page.rows.length < Math.min(STRIDE, size - at)) problem = { kind: 'removed', sequence: tree.size, text: `Record ${tree.size} is missing.` }
    watch.tell({ checked: tree.size, of: size, phase: 'records' })
    await pause()
  }
  // What no checkpoint covers has at least its own number.
  for (let at = agreed; at < size && problem === undefined; at += STRIDE) {
    problem = store.read(({ audit }) => audit.page(at, Math.min(STRIDE, size - at))).map(misplaced).find((found) => found !== undefined)
    await pause()
  }
  problem ??= cutOff()
  const records = ambient.monotonic() - began
  problem ??= await checkIndex()
  if (problem === undefined && bad !== undefined) problem = { kind: 'checkpoint', sequence: bad.row.size, text: `The stored checkpoint of ${bad.row.size} records is not signed by this vault's key.` }

  for (const { checkpoint, view } of verdicts) {
    if (view.verdict === 'holds' && checkpoint !== undefined && (checkpoint.size > covered || (problem?.sequence ?? Infinity) < checkpoint.size)) view.verdict = 'differs'
  }
  const refused = verdicts.some(({ view }) => view.verdict !== 'holds')
  return {
    ok: problem === undefined && !refused,
    records: size,
    root: toHex(rootOf(crypto.sha256, tree)),
    covered,
    checkpoints: held,
    outside: verdicts.map(({ view }) => view),
    ...(problem === undefined ? {} : { problem }),
    milliseconds: { records: Math.round(records), index: Math.round(ambient.monotonic() - began - records) },
  }

  function cutOff(): TrailProblem | undefined {
    const longest = Math.max(0, ...good.map((each) => each.size))
    const longer = Math.max(0, ...verdicts.flatMap(({ checkpoint, view }) => (view.verdict === 'longer' && checkpoint !== undefined ? [checkpoint.size] : [])))
    if (longest > size) return { kind: 'cut-off', sequence: size, upTo: longest - 1, text: `The trail was cut off: a signed checkpoint has ${longest} records, the trail ${size}.` }
    if (longer > size) return { kind: 'rolled-back', sequence: size, upTo: longer - 1, text: `The trail was rolled back or cut off: a checkpoint kept elsewhere has ${longer} records, the trail ${size}.` }
    return undefined
  }

  /** Blocks, their times and terms, from the leaves anew. */
  async function checkIndex(): Promise<TrailProblem | undefined> {
    const blocks = Math.floor(size / BLOCK)
    if (store.read(({ audit }) => audit.blocks()) > Math.floor(store.read(({ audit }) => audit.next()) / BLOCK)) return { kind: 'index', sequence: blocks * BLOCK, text: 'The search index has blocks of records that are not there.' }
    if (store.read(({ audit }) => audit.strayTerms()) > 0) return { kind: 'index', text: 'The search index has terms of records that are not there.' }
    for (let block = 0; block < blocks; block += 1) {
      const [stored, leaves] = store.read(({ audit }) => [audit.block(block), audit.page(block * BLOCK, BLOCK)])
      if (stored === undefined || !indexFits(stored, leaves)) return { kind: 'index', sequence: block * BLOCK, upTo: block * BLOCK + BLOCK - 1, text: `The search index of records ${block * BLOCK} to ${block * BLOCK + BLOCK - 1} is not theirs: a search may miss some of them.` }
      if (block % 4 === 3) {
        watch.tell({ checked: block * BLOCK, of: size, phase: 'index' })
        await pause()
      }
    }
    return undefined
  }

  async function pause(): Promise<void> {
    if (watch.signal.aborted) throw new VaultError('CANCELLED')
    await ambient.wait(0)
  }
}

/** A record that says another number than its place has: one before it was taken out or put in. */
function misplaced({ sequence, leaf }: AuditRow): TrailProblem | undefined {
  const own = sequenceOf(leaf)
  if (own === undefined || own === sequence) return undefined
  if (own > sequence) return { kind: 'removed', sequence, text: `Record ${sequence} was taken out: in its place is record ${own}.` }
  return { kind: 'added', sequence: Math.max(0, sequence - 1), text: `A record was put in at ${Math.max(0, sequence - 1)}: record ${own} follows in the place of ${sequence}.` }
}

function sequenceOf(leaf: Uint8Array): number | undefined {
  const own = member(eventOf(leaf), 'sequence')
  return typeof own === 'number' ? own : undefined
}

function indexFits(stored: AuditBlock, leaves: readonly AuditRow[]): boolean {
  const terms = new Map<number, number[]>()
  let [firstAt, lastAt] = [Infinity, -Infinity]
  leaves.forEach(({ leaf }, place) => {
    const event = eventOf(leaf)
    const time = recordFacts(event).at
    firstAt = Math.min(firstAt, time)
    lastAt = Math.max(lastAt, time)
    eachNumber(event, (term) => {
      const places = terms.get(term)
      if (places === undefined) terms.set(term, [place])
      else if (places.at(-1) !== place) places.push(place)
    })
  })
  const shared = [...terms].filter(([, places]) => places.length > 1)
  const rare = rareTerms([...terms].flatMap(([term, [only, second]]) => (only !== undefined && second === undefined ? [[term, only] as const] : [])))
  if (stored.firstAt !== firstAt || stored.lastAt !== lastAt || stored.terms.size !== shared.length || !same(rare, stored.rare)) return false
  return shared.every(([term, places]) => {
    const found = stored.terms.get(term)
    return found?.length === places.length && found.every((place, i) => place === places[i])
  })
}

function outsideVerdict(parts: Parameters<typeof verifyTrail>[0], note: string, size: number): { checkpoint: Checkpoint | undefined; view: OutsideVerdict } {
  const parsed = parseCheckpoint(note)
  if (parsed === undefined) return { checkpoint: undefined, view: { verdict: 'malformed' } }
  const { checkpoint } = parsed
  const facts = { size: checkpoint.size, ...(checkpoint.at === undefined ? {} : { at: new Date(checkpoint.at) }) }
  if (checkpoint.origin !== parts.origin) return { checkpoint, view: { ...facts, verdict: 'other-trail' } }
  if (signedBy(parts, note) === undefined) return { checkpoint, view: { ...facts, verdict: 'not-signed' } }
  return { checkpoint, view: { ...facts, verdict: checkpoint.size > size ? 'longer' : 'holds' } }
}

/** The checkpoint, if it is of this trail and one of its keys has signed it. */
function signedBy({ crypto, origin, keys }: Parameters<typeof verifyTrail>[0], note: string): Checkpoint | undefined {
  const parsed = parseCheckpoint(note)
  if (parsed?.checkpoint.origin !== origin || !keys.some((key) => verifyNote(crypto, parsed.note, key))) return undefined
  return parsed.checkpoint
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (a.length !== b?.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
