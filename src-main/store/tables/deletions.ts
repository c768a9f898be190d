import type { DeletionTable, TombstoneRow } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { bytes, integer } from './columns.ts'

export function createDeletionTable(database: Database): DeletionTable {
  const running = database.query<{ readonly running: number }>('SELECT running FROM due_deletions WHERE key_id = ? AND region = ?')
  const add = database.change(
    'INSERT INTO due_deletions (key_id, region, running) VALUES (?, ?, ?) ON CONFLICT (key_id, region) DO UPDATE SET running = running + excluded.running',
  )
  const forget = database.change('DELETE FROM due_deletions WHERE key_id = ? AND region = ?')
  const bury = database.change('INSERT INTO tombstones (material_id, key_id, key_arn, member_id, cka_id, destroyed_at) VALUES (?, ?, ?, ?, ?, ?)')
  const tombstones = database.query<TombstoneRow>(
    `SELECT material_id AS materialId, key_id AS keyId, key_arn AS keyArn, member_id AS memberId, cka_id AS ckaId, destroyed_at AS destroyedAt
     FROM tombstones ORDER BY destroyed_at, material_id`,
  )
  const seen = database.query<{ readonly seen: number }>('SELECT seen FROM clock')
  const see = database.change('INSERT INTO clock (one, seen) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET seen = max(seen, excluded.seen)')
  const setSeen = database.change('INSERT INTO clock (one, seen) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET seen = excluded.seen')
  return {
    runningTime: ({ id, region }) => running.get(id, region)?.running,
    addRunningTime: ({ id, region }, milliseconds) => void add.run(id, region, integer(Math.round(milliseconds))),
    forget: ({ id, region }) => void forget.run(id, region),
    addTombstone: (row) => void bury.run(row.materialId, row.keyId, row.keyArn, row.memberId, row.ckaId, integer(row.destroyedAt)),
    tombstones: () => tombstones.all().map((row) => ({ ...row, ckaId: bytes(row.ckaId) })),
    lastSeen: () => seen.get()?.seen ?? 0,
    see: (now) => void see.run(integer(now)),
    setSeen: (now) => void setSeen.run(integer(now)),
  }
}
