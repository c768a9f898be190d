import type { KeyRow, KeyTable } from '#core/ports/store.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<KeyRow, 'tags' | 'lastUsed'> & { readonly operation: string | null; readonly at: number | null }

const SELECT = `SELECT id, account, region, spec, usage, origin, protection, state, description, policy, created_at AS createdAt,
  current_material AS currentMaterial, operation, at FROM keys LEFT JOIN key_uses ON key_id = id`

export function createKeyTable(database: Database): KeyTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const page = database.query<Found>(`${SELECT} WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?`)
  const count = database.query<{ readonly total: number }>('SELECT count(*) AS total FROM keys WHERE account = ? AND region = ?')
  const tags = database.query<Tag>('SELECT tag_key AS TagKey, tag_value AS TagValue FROM tags WHERE key_id = ? ORDER BY position')
  const insert = database.change(
    `INSERT INTO keys (id, account, region, spec, usage, origin, protection, state, description, policy, created_at, current_material)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertTag = database.change('INSERT INTO tags (key_id, position, tag_key, tag_value) VALUES (?, ?, ?, ?)')
  const setState = database.change('UPDATE keys SET state = ? WHERE id = ?')
  const setLastUsed = database.change(
    `INSERT INTO key_uses (key_id, operation, at) VALUES (?, ?, ?)
     ON CONFLICT (key_id) DO UPDATE SET operation = excluded.operation, at = excluded.at`,
  )
  return {
    get(id) {
      const found = get.get(id)
      return found && keyRow(found, tags.all(id))
    },
    insert(row) {
      insert.run(
        row.id, row.account, row.region, row.spec, row.usage, row.origin, row.protection, row.state,
        row.description, row.policy, row.createdAt, row.currentMaterial,
      )
      for (const [position, tag] of row.tags.entries()) insertTag.run(row.id, position, tag.TagKey, tag.TagValue)
      if (row.lastUsed) setLastUsed.run(row.id, row.lastUsed.operation, row.lastUsed.at)
    },
    setState: (id, state) => void setState.run(state, id),
    setLastUsed: (id, operation, at) => void setLastUsed.run(id, operation, at),
    page(scope, after, limit) {
      const found = page.all(scope.account, scope.region, after ?? '', integer(limit))
      return found.map((row) => keyRow(row, tags.all(row.id)))
    },
    count: (scope) => count.get(scope.account, scope.region)?.total ?? 0,
    tags: (id) => tags.all(id),
  }
}

function keyRow({ operation, at, ...row }: Found, tags: readonly Tag[]): KeyRow {
  return { ...row, tags, lastUsed: operation === null || at === null ? undefined : { operation, at } }
}
