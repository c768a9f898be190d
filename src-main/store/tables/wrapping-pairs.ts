import type { WrappingPairRow, WrappingPairTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { bytes, integer } from './columns.ts'

const SELECT = 'SELECT id, key_id AS keyId, member_id AS memberId, cka_id AS ckaId, algorithm, ends_at AS endsAt FROM wrapping_pairs'

export function createWrappingPairTable(database: Database): WrappingPairTable {
  const get = database.query<WrappingPairRow>(`${SELECT} WHERE id = ?`)
  const ended = database.query<WrappingPairRow>(`${SELECT} WHERE ends_at <= ? ORDER BY ends_at, id`)
  const insert = database.change('INSERT INTO wrapping_pairs (id, key_id, member_id, cka_id, algorithm, ends_at) VALUES (?, ?, ?, ?, ?, ?)')
  const remove = database.change('DELETE FROM wrapping_pairs WHERE id = ?')
  const secret = database.query<{ readonly secret: Uint8Array }>('SELECT secret FROM import_secret')
  const putSecret = database.change('INSERT INTO import_secret (one, secret) VALUES (1, ?)')
  return {
    get(id) {
      const found = get.get(id)
      return found && pairRow(found)
    },
    ended: (now) => ended.all(integer(now)).map(pairRow),
    insert: (row) => void insert.run(row.id, row.keyId, row.memberId, row.ckaId, row.algorithm, integer(row.endsAt)),
    remove: (id) => void remove.run(id),
    secret() {
      const found = secret.get()
      return found && bytes(found.secret)
    },
    putSecret: (given) => void putSecret.run(given),
  }
}

function pairRow(found: WrappingPairRow): WrappingPairRow {
  return { ...found, ckaId: bytes(found.ckaId) }
}
