import type { GrantConstraints, GrantOperation } from '#core/access/grant.ts'
import type { GrantRow, GrantTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<GrantRow, 'operations' | 'constraints' | 'retiring' | 'name'> & {
  readonly operations: string
  readonly constraints: string
  readonly retiring: string | null
  readonly name: string | null
}

const SELECT = 'SELECT id, account, region, key_id AS keyId, grantee, retiring, operations, constraints, name, issuer, created_at AS createdAt FROM grants'
const OF_KEY = 'key_id = ? AND region = ?'

export function createGrantTable(database: Database): GrantTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const lentTo = database.query<Found>(`${SELECT} WHERE ${OF_KEY} AND grantee = ? ORDER BY id`)
  const page = database.query<Found>(`${SELECT} WHERE ${OF_KEY} AND id > ? ORDER BY id LIMIT ?`)
  const retirable = database.query<Found>(`${SELECT} WHERE retiring = ? AND id > ? ORDER BY id LIMIT ?`)
  const count = database.query<{ readonly total: number }>(`SELECT count(*) AS total FROM grants WHERE ${OF_KEY}`)
  const insert = database.change(
    'INSERT INTO grants (id, account, region, key_id, grantee, retiring, operations, constraints, name, issuer, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const remove = database.change('DELETE FROM grants WHERE id = ?')
  return {
    get(id) {
      const found = get.get(id)
      return found && grantRow(found)
    },
    lentTo: ({ id, region }, grantee) => lentTo.all(id, region, grantee).map(grantRow),
    page: ({ id, region }, after, limit) => page.all(id, region, after ?? '', integer(limit)).map(grantRow),
    retirable: (principal, after, limit) => retirable.all(principal, after ?? '', integer(limit)).map(grantRow),
    count: ({ id, region }) => count.get(id, region)?.total ?? 0,
    insert(row) {
      insert.run(
        row.id, row.account, row.region, row.keyId, row.grantee, row.retiring ?? null, JSON.stringify(row.operations), JSON.stringify(row.constraints), row.name ?? null,
        row.issuer, row.createdAt,
      )
    },
    remove: (id) => remove.run(id) === 1,
  }
}

function grantRow({ operations, constraints, retiring, name, ...row }: Found): GrantRow {
  return {
    ...row,
    operations: JSON.parse(operations) as GrantOperation[],
    constraints: JSON.parse(constraints) as GrantConstraints,
    retiring: retiring ?? undefined,
    name: name ?? undefined,
  }
}
