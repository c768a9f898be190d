import { BLOCK, placesInAll, rarePlaces } from '#core/audit/blocks.ts'
import type { AuditQuery, AuditRow, AuditTable } from '#core/ports/store.ts'
import type { Database, Query } from '../database.ts'
import { integer } from './columns.ts'

/** Blocks that have a part in the answer: for each of the terms the list of records, or null if it must be one of the rare ones. */
interface FoundBlock {
  readonly block: number
  readonly first_at: number
  readonly last_at: number
  readonly [records: `r${number}`]: Uint8Array | null
  /** Null if all lists are there. */
  readonly rare: Uint8Array | null
}

interface Trail {
  readonly next: () => number
  readonly latest: AuditTable['latest']
  readonly page: AuditTable['page']
}

/** Blocks are taken up so many at a time, then twice as many: a page is often full after the first few. */
const FIRST_STRIDE = 32
const LAST_STRIDE = 1_024
const NOTHING = new Uint8Array()
const LATEST = 2n ** 53n

/**
 * Search by terms: the newest records, which are in no complete block yet, are looked at one by one; then blocks that have all of the terms,
 * newest first, and in them only the records that the terms' lists have in common.
 */
export function createAuditSearch(database: Database, trail: Trail): Pick<AuditTable, 'search' | 'count'> {
  const queries = new Map<number, Query<FoundBlock>>()
  const blocks = database.query<{ readonly newest: number | null }>('SELECT max(block) AS newest FROM audit_blocks')

  /** The join's order is given: over blocks, a look for each term in each. */
  function queryFor(terms: number): Query<FoundBlock> {
    let query = queries.get(terms)
    if (query === undefined) {
      const each = Array.from({ length: terms }, (_, i) => i)
      const joins = each.map((i) => `LEFT JOIN audit_terms t${i} ON t${i}.block = b.block AND t${i}.term = ?`).join(' ')
      const lacking = terms === 0 ? 'FALSE' : each.map((i) => `t${i}.records IS NULL`).join(' OR ')
      query = database.query<FoundBlock>(
        `SELECT b.block, b.first_at, b.last_at ${each.map((i) => `, t${i}.records AS r${i}`).join('')},
           CASE WHEN ${lacking} THEN (SELECT x.terms FROM audit_rare_terms x WHERE x.block = b.block) END AS rare
         FROM audit_blocks b ${joins} WHERE b.block < ? AND b.last_at >= ? AND b.first_at < ? ORDER BY b.block DESC LIMIT ?`,
      )
      queries.set(terms, query)
    }
    return query
  }

  function blocksBelow(query: AuditQuery, below: number, stride: number): FoundBlock[] {
    const [from, to] = [query.from === undefined ? -LATEST : integer(query.from), query.to === undefined ? LATEST : integer(query.to)]
    return queryFor(query.terms.length).all(...query.terms.map(integer), integer(below), from, to, integer(stride))
  }

  function complete(): number {
    return (blocks.get()?.newest ?? -1) + 1
  }

  /** Records of the block that may be right, newest first. */
  function candidates(found: FoundBlock, terms: readonly number[]): number[] {
    const lists: Uint8Array[] = []
    for (const [i, term] of terms.entries()) {
      const records = found[`r${i}`] ?? Uint8Array.from(rarePlaces(found.rare ?? NOTHING, term))
      if (records.length === 0) return []
      lists.push(records)
    }
    return placesInAll(lists).reverse().map((place) => found.block * BLOCK + place)
  }

  /** Of the records that no complete block holds. */
  function tail(query: AuditQuery, limit: number): AuditRow[] {
    const from = Math.max(complete() * BLOCK, query.since ?? 0)
    const to = Math.min(trail.next(), query.before ?? Infinity)
    if (to <= from) return []
    return trail.latest(to, to - from).filter((row) => query.accept(row)).slice(0, limit)
  }

  return {
    search(query, limit) {
      const rows = tail(query, limit)
      const { before = Infinity, since = 0 } = query
      let below = Math.min(complete(), Math.ceil(before / BLOCK))
      for (let stride = FIRST_STRIDE; rows.length < limit; stride = Math.min(2 * stride, LAST_STRIDE)) {
        const found = blocksBelow(query, below, stride)
        for (const block of found) {
          below = block.block
          if ((below + 1) * BLOCK <= since) return rows
          for (const sequence of candidates(block, query.terms)) {
            if (sequence >= before || sequence < since) continue
            const [row] = trail.page(sequence, 1)
            if (row?.sequence !== sequence || !query.accept(row)) continue
            rows.push(row)
            if (rows.length === limit) return rows
          }
        }
        if (found.length < stride) break
      }
      return rows
    },

    count(query) {
      let total = tail(query, Infinity).length
      for (let below = complete(); ;) {
        const found = blocksBelow(query, below, LAST_STRIDE)
        for (const block of found) {
          below = block.block
          const places = candidates(block, query.terms)
          const whole = block.first_at >= (query.from ?? -Infinity) && block.last_at < (query.to ?? Infinity)
          // What rests on a rare term's few bytes is looked at.
          const sure = whole && block.rare === null
          total += sure ? places.length : places.filter((place) => trail.page(place, 1).some((row) => row.sequence === place && query.accept(row))).length
        }
        if (found.length < LAST_STRIDE) return total
      }
    },
  }
}
