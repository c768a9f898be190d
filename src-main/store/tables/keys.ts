import type { KeyRow, KeyTable, KeyUse } from '#core/ports/store.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<KeyRow, 'tags' | 'lastUsed' | 'rotation' | 'deletesAt'> & {
  readonly periodDays: number | null
  readonly nextAt: number | null
  readonly deletesAt: number | null
  readonly operation: string | null
  readonly at: number | null
  readonly eventId: string | null
  readonly requestId: string | null
}

const SELECT = `SELECT id, account, region, spec, usage, origin, protection, state, description, policy, created_at AS createdAt,
  current_material AS currentMaterial, rotation_period AS periodDays, rotates_at AS nextAt, deletes_at AS deletesAt,
  operation, at, event_id AS eventId, request_id AS requestId FROM keys LEFT JOIN key_uses ON key_id = id`

export function createKeyTable(database: Database): KeyTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const page = database.query<Found>(`${SELECT} WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?`)
  const dueForRotation = database.query<Found>(`${SELECT} WHERE rotates_at <= ? ORDER BY rotates_at, id`)
  const dueForDeletion = database.query<Found>(`${SELECT} WHERE deletes_at <= ? ORDER BY deletes_at, id`)
  const count = database.query<{ readonly total: number }>('SELECT count(*) AS total FROM keys WHERE account = ? AND region = ?')
  const tags = database.query<Tag>('SELECT tag_key AS TagKey, tag_value AS TagValue FROM tags WHERE key_id = ? ORDER BY position')
  const insert = database.change(
    `INSERT INTO keys (id, account, region, spec, usage, origin, protection, state, description, policy, created_at, current_material,
     rotation_period, rotates_at, deletes_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertTag = database.change('INSERT INTO tags (key_id, position, tag_key, tag_value) VALUES (?, ?, ?, ?)')
  const removeTags = database.change('DELETE FROM tags WHERE key_id = ?')
  const removeAliases = database.change('DELETE FROM aliases WHERE key_id = ?')
  const removeUse = database.change('DELETE FROM key_uses WHERE key_id = ?')
  const remove = database.change('DELETE FROM keys WHERE id = ?')
  const setState = database.change('UPDATE keys SET state = ? WHERE id = ?')
  const setDescription = database.change('UPDATE keys SET description = ? WHERE id = ?')
  const setPolicy = database.change('UPDATE keys SET policy = ? WHERE id = ?')
  const setRotation = database.change('UPDATE keys SET rotation_period = ?, rotates_at = ? WHERE id = ?')
  const setCurrentMaterial = database.change('UPDATE keys SET current_material = ? WHERE id = ?')
  const setDeletesAt = database.change('UPDATE keys SET deletes_at = ? WHERE id = ?')
  const setLastUsed = database.change(
    `INSERT INTO key_uses (key_id, operation, at, event_id, request_id) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key_id) DO UPDATE SET operation = excluded.operation, at = excluded.at, event_id = excluded.event_id, request_id = excluded.request_id`,
  )

  const withTags = (found: Found): KeyRow => keyRow(found, tags.all(found.id))
  const putUse = (id: string, use: KeyUse): void => void setLastUsed.run(id, use.operation, use.at, use.eventId, use.requestId)
  const putTags = (id: string, given: readonly Tag[]): void => {
    for (const [position, tag] of given.entries()) insertTag.run(id, position, tag.TagKey, tag.TagValue)
  }

  return {
    get(id) {
      const found = get.get(id)
      return found && withTags(found)
    },
    insert(row) {
      insert.run(
        row.id, row.account, row.region, row.spec, row.usage, row.origin, row.protection, row.state, row.description, row.policy,
        row.createdAt, row.currentMaterial, row.rotation?.periodDays ?? null, row.rotation?.nextAt ?? null, row.deletesAt ?? null,
      )
      putTags(row.id, row.tags)
      if (row.lastUsed) putUse(row.id, row.lastUsed)
    },
    setState: (id, state) => void setState.run(state, id),
    setDescription: (id, description) => void setDescription.run(description, id),
    setPolicy: (id, policy) => void setPolicy.run(policy, id),
    setTags(id, given) {
      removeTags.run(id)
      putTags(id, given)
    },
    setRotation: (id, rotation) => void setRotation.run(rotation?.periodDays ?? null, rotation?.nextAt ?? null, id),
    setCurrentMaterial: (id, material) => void setCurrentMaterial.run(material, id),
    setDeletesAt: (id, at) => void setDeletesAt.run(at ?? null, id),
    setLastUsed: putUse,
    dueForRotation: (now) => dueForRotation.all(integer(now)).map(withTags),
    dueForDeletion: (now) => dueForDeletion.all(integer(now)).map(withTags),
    remove(id) {
      for (const part of [removeTags, removeAliases, removeUse, remove]) part.run(id)
    },
    page: (scope, after, limit) => page.all(scope.account, scope.region, after ?? '', integer(limit)).map(withTags),
    count: (scope) => count.get(scope.account, scope.region)?.total ?? 0,
    tags: (id) => tags.all(id),
  }
}

function keyRow({ operation, at, eventId, requestId, periodDays, nextAt, deletesAt, ...row }: Found, tags: readonly Tag[]): KeyRow {
  return {
    ...row,
    tags,
    rotation: periodDays === null || nextAt === null ? undefined : { periodDays, nextAt },
    deletesAt: deletesAt ?? undefined,
    lastUsed: operation === null || at === null ? undefined : { operation, at, eventId: eventId ?? '', requestId: requestId ?? '' },
  }
}
