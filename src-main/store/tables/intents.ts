import type { IntentRow, IntentTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { bytes } from './columns.ts'

const SELECT = `SELECT id, kind, key_id AS keyId, material_id AS materialId, member_id AS memberId, cka_id AS ckaId,
  created_at AS createdAt FROM intents`

export function createIntentTable(database: Database): IntentTable {
  const list = database.query<IntentRow>(`${SELECT} ORDER BY rowid`)
  const ofKey = database.query<IntentRow>(`${SELECT} WHERE key_id = ? ORDER BY rowid`)
  const insert = database.change(
    'INSERT INTO intents (id, kind, key_id, material_id, member_id, cka_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const remove = database.change('DELETE FROM intents WHERE id = ?')
  return {
    insert: (row) => void insert.run(row.id, row.kind, row.keyId, row.materialId, row.memberId, row.ckaId, row.createdAt),
    remove: (id) => void remove.run(id),
    list: () => list.all().map(intentRow),
    ofKey: (id) => ofKey.all(id).map(intentRow),
  }
}

function intentRow(found: IntentRow): IntentRow {
  return { ...found, ckaId: bytes(found.ckaId) }
}
