import type { AuditTable } from '#core/ports/store.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Database } from '../database.ts'
import { bytes, integer } from './columns.ts'

interface Found {
  readonly sequence: number
  readonly leaf: Uint8Array
}

const AFTER_ALL = 2n ** 63n - 1n

export function createAuditTable(database: Database): AuditTable {
  const newest = database.query<{ readonly newest: number | null }>('SELECT max(sequence) AS newest FROM audit')
  const insert = database.change('INSERT INTO audit (sequence, leaf) VALUES (?, ?)')
  const page = database.query<Found>('SELECT sequence, leaf FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT ?')
  const latest = database.query<Found>('SELECT sequence, leaf FROM audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ?')
  return {
    next,
    append(sequence, leaf) {
      if (sequence !== next()) unreachable('a gap in the audit trail')
      insert.run(integer(sequence), leaf)
    },
    page: (from, limit) => page.all(integer(from), integer(limit)).map(record),
    latest: (before, limit) => latest.all(before === undefined ? AFTER_ALL : integer(before), integer(limit)).map(record),
  }

  function next(): number {
    return (newest.get()?.newest ?? -1) + 1
  }
}

function record(found: Found): Found {
  return { sequence: found.sequence, leaf: bytes(found.leaf) }
}
