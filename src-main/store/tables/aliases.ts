import type { AliasRow, AliasTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

const SELECT = 'SELECT account, region, name, key_id AS keyId, created_at AS createdAt, updated_at AS updatedAt FROM aliases'
const IN_SCOPE = 'account = ? AND region = ?'

export function createAliasTable(database: Database): AliasTable {
  const get = database.query<AliasRow>(`${SELECT} WHERE ${IN_SCOPE} AND name = ?`)
  const page = database.query<AliasRow>(`${SELECT} WHERE ${IN_SCOPE} AND name > ? ORDER BY name LIMIT ?`)
  // Without statistics SQLite prefers the order of names, and would look at every alias of the Region for one key.
  const pageOfKey = database.query<AliasRow>(`${SELECT} INDEXED BY aliases_by_key WHERE ${IN_SCOPE} AND key_id = ? AND name > ? ORDER BY name LIMIT ?`)
  const countOfKey = database.query<{ readonly total: number }>('SELECT count(*) AS total FROM aliases WHERE key_id = ? AND region = ?')
  const insert = database.change('INSERT INTO aliases (account, region, name, key_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)')
  const remove = database.change(`DELETE FROM aliases WHERE ${IN_SCOPE} AND name = ?`)
  const setKey = database.change(`UPDATE aliases SET key_id = ?, updated_at = ? WHERE ${IN_SCOPE} AND name = ?`)
  return {
    get: (scope, name) => get.get(scope.account, scope.region, name),
    insert: (row) => void insert.run(row.account, row.region, row.name, row.keyId, row.createdAt, row.updatedAt),
    setKey: (scope, name, key, at) => void setKey.run(key, at, scope.account, scope.region, name),
    remove: (scope, name) => remove.run(scope.account, scope.region, name) === 1,
    page(scope, key, after, limit) {
      const [start, most] = [after ?? '', integer(limit)]
      if (key === undefined) return page.all(scope.account, scope.region, start, most)
      return pageOfKey.all(scope.account, scope.region, key, start, most)
    },
    countOfKey: ({ id, region }) => countOfKey.get(id, region)?.total ?? 0,
  }
}
