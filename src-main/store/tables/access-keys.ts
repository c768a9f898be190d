import type { AccessKeyRow, AccessKeyTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { bytes } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<AccessKeyRow, 'active' | 'usedAt'> & { readonly active: number; readonly usedAt: number | null }

const SELECT = 'SELECT id, account, principal, active, created_at AS createdAt, used_at AS usedAt FROM access_keys'

export function createAccessKeyTable(database: Database): AccessKeyTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const list = database.query<Found>(`${SELECT} ORDER BY principal, created_at, id`)
  const secret = database.query<{ readonly secret: Uint8Array }>('SELECT secret FROM access_keys WHERE id = ?')
  const insert = database.change('INSERT INTO access_keys (id, account, principal, secret, active, created_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)')
  const setActive = database.change('UPDATE access_keys SET active = ? WHERE id = ?')
  const setUsed = database.change('UPDATE access_keys SET used_at = ? WHERE id = ? AND coalesce(used_at, 0) <= ?')
  const remove = database.change('DELETE FROM access_keys WHERE id = ?')
  return {
    get(id) {
      const found = get.get(id)
      return found && accessKeyRow(found)
    },
    list: () => list.all().map(accessKeyRow),
    secret(id) {
      const found = secret.get(id)
      return found && bytes(found.secret)
    },
    insert: (row, secret) => void insert.run(row.id, row.account, row.principal, secret, row.active ? 1 : 0, row.createdAt, row.usedAt ?? null),
    setActive: (id, active) => setActive.run(active ? 1 : 0, id) === 1,
    setUsed: (id, at, unlessAfter) => void setUsed.run(at, id, unlessAfter),
    remove: (id) => remove.run(id) === 1,
  }
}

function accessKeyRow(found: Found): AccessKeyRow {
  return { ...found, active: found.active === 1, usedAt: found.usedAt ?? undefined }
}
