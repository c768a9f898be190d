import { hash } from 'node:crypto'
import { BLOCK, BLOCK_LEVEL, placesIn, rareTerms, recordsOf } from '#core/audit/blocks.ts'
import { eventOf, recordFacts } from '#core/audit/event.ts'
import { eachNumber } from '#core/audit/terms.ts'
import { consistencyProof, grow, inclusionProof, leafHash, nodeHash, treeHash, type Growing, type PerfectHash } from '#core/audit/tree.ts'
import type { AuditCheckpoint, AuditRow, AuditTable } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Database } from '../database.ts'
import { createAuditSearch } from './audit-search.ts'
import { bytes, integer, maybeBytes } from './columns.ts'

interface Found {
  readonly sequence: number
  readonly leaf: Uint8Array
  readonly hash: Uint8Array | null
}

/** What the next record is appended to; belongs to one size of the trail, and is made anew from the store after a rollback. */
interface Head {
  readonly tree: Growing
  /** Of the records since the last complete block. */
  readonly terms: Map<number, number[]>
  firstAt: number
  lastAt: number
}

const AFTER_ALL = 2n ** 63n - 1n
/** Records that are read in one go. */
const REBUILT = 1_024n

export function createAuditTable(database: Database): AuditTable & { rebuild(): void } {
  const newest = database.query<{ readonly newest: number | null }>('SELECT max(sequence) AS newest FROM audit')
  const insert = database.change('INSERT INTO audit (sequence, leaf, hash) VALUES (?, ?, ?)')
  const setHash = database.change('UPDATE audit SET hash = ? WHERE sequence = ?')
  const page = database.query<Found>('SELECT sequence, leaf, hash FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT ?')
  const latest = database.query<Found>('SELECT sequence, leaf, hash FROM audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ?')
  const hashes = database.query<{ readonly hash: Uint8Array | null }>('SELECT hash FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT ?')
  const roots = database.query<{ readonly root: Uint8Array }>('SELECT root FROM audit_blocks WHERE block >= ? ORDER BY block LIMIT ?')
  const block = database.query<{ readonly root: Uint8Array; readonly first_at: number; readonly last_at: number }>('SELECT root, first_at, last_at FROM audit_blocks WHERE block = ?')
  const blocks = database.query<{ readonly newest: number | null }>('SELECT max(block) AS newest FROM audit_blocks')
  const terms = database.query<{ readonly term: number; readonly records: Uint8Array }>('SELECT term, records FROM audit_terms WHERE block = ?')
  const stray = database.query<{ readonly count: number }>('SELECT count(*) AS count FROM (SELECT block FROM audit_terms WHERE block < 0 OR block > (SELECT coalesce(max(block), -1) FROM audit_blocks) UNION ALL SELECT block FROM audit_rare_terms WHERE block > (SELECT coalesce(max(block), -1) FROM audit_blocks))')
  const forgetTerms = database.change('DELETE FROM audit_terms WHERE block = ?')
  const putBlock = database.change('INSERT OR REPLACE INTO audit_blocks (block, root, first_at, last_at) VALUES (?, ?, ?, ?)')
  const insertTerm = database.change('INSERT INTO audit_terms (block, term, records) VALUES (?, ?, ?)')
  const rare = database.query<{ readonly terms: Uint8Array }>('SELECT terms FROM audit_rare_terms WHERE block = ?')
  const putRare = database.change('INSERT OR REPLACE INTO audit_rare_terms (block, terms) VALUES (?, ?)')
  const checkpoints = database.query<AuditCheckpoint>('SELECT size, note FROM audit_checkpoints WHERE size < ? ORDER BY size DESC LIMIT ?')
  const putCheckpoint = database.change('INSERT INTO audit_checkpoints (size, note) VALUES (?, ?) ON CONFLICT (size) DO UPDATE SET note = excluded.note')
  const { search, count } = createAuditSearch(database, { next, latest: readLatest, page: readPage })
  let head: Head | undefined

  return {
    next,
    append(sequence, leaf, event) {
      if (sequence !== next()) unreachable('a gap in the audit trail')
      const at = headAt(sequence)
      // Until all of it is written: what throws in between leaves a head that belongs to no size.
      head = undefined
      insert.run(integer(sequence), leaf, add(at, leaf, event ?? eventOf(leaf), undefined))
      head = at
    },
    page: readPage,
    latest: readLatest,
    search,
    count,
    // As they come, without a view for each: a verification reads millions.
    hashed: (from, limit) => page.all(integer(from), integer(limit)).map(({ sequence, leaf, hash: stored }) => ({ sequence, leaf, hash: stored ?? undefined })),
    root: (size) => treeHash(sha256, size, perfectHash()),
    inclusion: (sequence, size) => inclusionProof(sha256, sequence, size, perfectHash()),
    consistency: (older, size) => consistencyProof(sha256, older, size, perfectHash()),
    block(number) {
      const found = block.get(integer(number))
      return found && {
        root: bytes(found.root),
        firstAt: found.first_at,
        lastAt: found.last_at,
        terms: new Map(terms.all(integer(number)).map(({ term, records }) => [term, placesIn(records)])),
        rare: bytes(rare.get(integer(number))?.terms ?? NOTHING),
      }
    },
    blockRoot(number) {
      const found = block.get(integer(number))
      return found && { block: number, root: bytes(found.root) }
    },
    blocks: () => (blocks.get()?.newest ?? -1) + 1,
    strayTerms: () => stray.get()?.count ?? 0,
    checkpoints: (before, limit) => checkpoints.all(before === undefined ? AFTER_ALL : integer(before), integer(limit)),
    putCheckpoint({ size, note }) {
      putCheckpoint.run(integer(size), note)
    },
    /** Everything that is derived from the leaves, anew; the tables of blocks are empty. */
    rebuild() {
      const fresh = emptyHead()
      for (let rows = page.all(0n, REBUILT); rows.length > 0; rows = page.all(integer(fresh.tree.size), REBUILT)) {
        for (const { sequence, leaf } of rows) setHash.run(add(fresh, leaf, eventOf(leaf), undefined), integer(sequence))
        if (rows.at(-1)?.sequence !== fresh.tree.size - 1) break
      }
    },
  }

  function next(): number {
    return (newest.get()?.newest ?? -1) + 1
  }

  function readPage(from: number, limit: number): AuditRow[] {
    return page.all(integer(from), integer(limit)).map(record)
  }

  function readLatest(before: number | undefined, limit: number): AuditRow[] {
    return latest.all(before === undefined ? AFTER_ALL : integer(before), integer(limit)).map(record)
  }

  /** Adds a record to the head, whose block it may complete; gives its leaf hash. */
  function add(at: Head, leaf: Uint8Array, event: Json, known: Uint8Array | undefined): Uint8Array {
    const leafsHash = known ?? leafHash(sha256, leaf)
    const place = at.tree.size % BLOCK
    eachNumber(event, (term) => {
      const places = at.terms.get(term)
      if (places === undefined) at.terms.set(term, [place])
      else if (places.at(-1) !== place) places.push(place)
    })
    const time = recordFacts(event).at
    at.firstAt = Math.min(at.firstAt, time)
    at.lastAt = Math.max(at.lastAt, time)
    let root: Uint8Array | undefined
    grow(sha256, at.tree, leafsHash, (level, _place, made) => {
      if (level === BLOCK_LEVEL) root = made
    })
    if (root !== undefined) complete(at, root)
    return leafsHash
  }

  function complete(at: Head, root: Uint8Array): void {
    const number = at.tree.size / BLOCK - 1
    // Of a trail whose end was cut off, something may be left.
    forgetTerms.run(integer(number))
    putBlock.run(integer(number), root, integer(at.firstAt), integer(at.lastAt))
    const rare: [number, number][] = []
    const shared: [number, readonly number[]][] = []
    for (const [term, places] of at.terms) {
      const [only, second] = places
      if (only !== undefined && second === undefined) rare.push([term, only])
      else shared.push([term, places])
    }
    putRare.run(integer(number), rareTerms(rare))
    // In the order of the table's key: one place after the other.
    for (const [term, places] of shared.sort(([a], [b]) => a - b)) insertTerm.run(integer(number), integer(term), recordsOf(places))
    at.terms.clear()
    at.firstAt = Infinity
    at.lastAt = -Infinity
  }

  /**
   * A damaged trail takes records like any other, so that the calls that tell of it can be made and are recorded: what is missing counts as
   * a hash that nothing has, and no root fits ever again.
   */
  function headAt(size: number): Head {
    if (head?.tree.size === size) return head
    const fresh = emptyHead()
    const whole = Math.floor(size / BLOCK)
    const perfect = perfectHash()
    // The perfect subtrees of the complete blocks, the largest first, as a binary number has its digits.
    for (let level = Math.ceil(Math.log2(whole + 1)), from = 0; level >= 0; level -= 1) {
      const leaves = 2 ** level
      if (whole - from < leaves) continue
      fresh.tree.roots.push({ level: level + BLOCK_LEVEL, hash: perfect(level + BLOCK_LEVEL, from / leaves) })
      from += leaves
    }
    fresh.tree.size = whole * BLOCK
    const records = new Map(page.all(integer(fresh.tree.size), integer(size - fresh.tree.size)).map((found) => [found.sequence, found]))
    while (fresh.tree.size < size) {
      const found = records.get(fresh.tree.size)
      const leaf = bytes(found?.leaf ?? NOTHING)
      add(fresh, leaf, eventOf(leaf), maybeBytes(found?.hash ?? null))
    }
    return fresh
  }

  /** Hashes of perfect subtrees from what is stored: leaf hashes, and above them the roots of blocks. */
  function perfectHash(): PerfectHash {
    return (level, place) => {
      if (level < BLOCK_LEVEL) return joined(hashes.all(integer(place * 2 ** level), integer(2 ** level)).map(({ hash: stored }) => bytes(stored ?? NO_HASH)), 2 ** level)
      const count = 2 ** (level - BLOCK_LEVEL)
      return joined(roots.all(integer(place * count), integer(count)).map(({ root }) => bytes(root)), count)
    }
  }
}

/**
 * Makes hashes, blocks and terms of the whole trail where the newest record has no hash, and does nothing in every other database: the records
 * of before migration 0009 have none, and a later migration takes that one away if it changes what terms a record has. In one transaction.
 */
export function completeTrail(database: Database): void {
  const unhashed = database.query('SELECT 1 FROM audit WHERE sequence = (SELECT max(sequence) FROM audit) AND hash IS NULL')
  if (unhashed.get() === undefined) return
  database.writing = true
  try {
    database.exec('BEGIN IMMEDIATE; DELETE FROM audit_blocks; DELETE FROM audit_terms; DELETE FROM audit_rare_terms;')
    createAuditTable(database).rebuild()
    database.exec('COMMIT')
  } finally {
    database.writing = false
  }
}

function emptyHead(): Head {
  return { tree: { size: 0, roots: [] }, terms: new Map(), firstAt: Infinity, lastAt: -Infinity }
}

function record(found: Found): AuditRow {
  return { sequence: found.sequence, leaf: bytes(found.leaf) }
}

function sha256(data: Uint8Array): Uint8Array {
  return bytes(hash('sha256', data, 'buffer'))
}

/** The root over a power of two of hashes; of none that fits where one is missing. */
function joined(hashes: readonly Uint8Array[], count: number): Uint8Array {
  let level = hashes.length === count ? hashes : [NO_HASH]
  while (level.length > 1) level = level.flatMap((each, i) => (i % 2 === 0 ? [nodeHash(sha256, each, level[i + 1] ?? NO_HASH)] : []))
  return level[0] ?? NO_HASH
}

const NOTHING = new Uint8Array()
const NO_HASH = new Uint8Array(32)
