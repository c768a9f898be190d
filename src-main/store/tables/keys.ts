import type { KeyRef, KeyRow, KeyTable, KeyUse, MultiRegionRole } from '#core/ports/store.ts'
import type { MaterialId } from '#core/vocabulary/ids.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<KeyRow, 'tags' | 'lastUsed' | 'currentMaterial' | 'rotation' | 'deletesAt' | 'multiRegion' | 'pendingWindow'> & {
  readonly currentMaterial: MaterialId | typeof NO_MATERIAL
  readonly periodDays: number | null
  readonly nextAt: number | null
  readonly deletesAt: number | null
  readonly multiRegion: MultiRegionRole | null
  readonly pendingWindow: number | null
  readonly operation: string | null
  readonly at: number | null
  readonly eventId: string | null
  readonly requestId: string | null
}

/** The column says '' of a key that waits for its first import. */
const NO_MATERIAL = ''

const SELECT = `SELECT id, account, keys.region, spec, usage, origin, protection, state, description, policy, created_at AS createdAt,
  current_material AS currentMaterial, rotation_period AS periodDays, rotates_at AS nextAt, deletes_at AS deletesAt,
  multi_region AS multiRegion, pending_window AS pendingWindow, operation, at, event_id AS eventId, request_id AS requestId FROM keys LEFT JOIN key_uses ON key_id = id AND key_uses.region = keys.region`

export function createKeyTable(database: Database): KeyTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ? AND keys.region = ?`)
  const related = database.query<Found>(`${SELECT} WHERE id = ? ORDER BY multi_region, keys.region`)
  const page = database.query<Found>(`${SELECT} WHERE account = ? AND keys.region = ? AND id > ? ORDER BY id LIMIT ?`)
  const dueForRotation = database.query<Found>(`${SELECT} WHERE rotates_at <= ? ORDER BY rotates_at, id`)
  const dueForDeletion = database.query<Found>(`${SELECT} WHERE deletes_at <= ? ORDER BY deletes_at, id`)
  const count = database.query<{ readonly total: number }>('SELECT count(*) AS total FROM keys WHERE account = ? AND region = ?')
  const tags = database.query<Tag>('SELECT tag_key AS TagKey, tag_value AS TagValue FROM tags WHERE key_id = ? AND region = ? ORDER BY position')
  const insert = database.change(
    `INSERT INTO keys (id, account, region, spec, usage, origin, protection, state, description, policy, created_at, current_material,
     rotation_period, rotates_at, deletes_at, multi_region, pending_window) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertTag = database.change('INSERT INTO tags (key_id, region, position, tag_key, tag_value) VALUES (?, ?, ?, ?, ?)')
  const removeTags = database.change('DELETE FROM tags WHERE key_id = ? AND region = ?')
  const removeAliases = database.change('DELETE FROM aliases WHERE key_id = ? AND region = ?')
  const removeUse = database.change('DELETE FROM key_uses WHERE key_id = ? AND region = ?')
  const removeGrants = database.change('DELETE FROM grants WHERE key_id = ? AND region = ?')
  const remove = database.change('DELETE FROM keys WHERE id = ? AND region = ?')
  const setState = database.change('UPDATE keys SET state = ? WHERE id = ? AND region = ?')
  const setDescription = database.change('UPDATE keys SET description = ? WHERE id = ? AND region = ?')
  const setPolicy = database.change('UPDATE keys SET policy = ? WHERE id = ? AND region = ?')
  const setRotation = database.change('UPDATE keys SET rotation_period = ?, rotates_at = ? WHERE id = ? AND region = ?')
  const setCurrentMaterial = database.change('UPDATE keys SET current_material = ? WHERE id = ?')
  const setDeletesAt = database.change('UPDATE keys SET deletes_at = ? WHERE id = ? AND region = ?')
  const setPendingWindow = database.change('UPDATE keys SET pending_window = ? WHERE id = ? AND region = ?')
  const setMultiRegion = database.change('UPDATE keys SET multi_region = ? WHERE id = ? AND region = ?')
  const setLastUsed = database.change(
    `INSERT INTO key_uses (key_id, region, operation, at, event_id, request_id) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (key_id, region) DO UPDATE SET operation = excluded.operation, at = excluded.at, event_id = excluded.event_id, request_id = excluded.request_id`,
  )

  const withTags = (found: Found): KeyRow => keyRow(found, tags.all(found.id, found.region))
  const putUse = ({ id, region }: KeyRef, use: KeyUse): void => void setLastUsed.run(id, region, use.operation, use.at, use.eventId, use.requestId)
  const putTags = ({ id, region }: KeyRef, given: readonly Tag[]): void => {
    for (const [position, tag] of given.entries()) insertTag.run(id, region, position, tag.TagKey, tag.TagValue)
  }

  return {
    get({ id, region }) {
      const found = get.get(id, region)
      return found && withTags(found)
    },
    related: (id) => related.all(id).map(withTags),
    insert(row) {
      insert.run(
        row.id, row.account, row.region, row.spec, row.usage, row.origin, row.protection, row.state, row.description, row.policy,
        row.createdAt, row.currentMaterial ?? NO_MATERIAL, row.rotation?.periodDays ?? null, row.rotation?.nextAt ?? null, row.deletesAt ?? null,
        row.multiRegion ?? null, row.pendingWindow ?? null,
      )
      putTags(row, row.tags)
      if (row.lastUsed) putUse(row, row.lastUsed)
    },
    setState: ({ id, region }, state) => void setState.run(state, id, region),
    setDescription: ({ id, region }, description) => void setDescription.run(description, id, region),
    setPolicy: ({ id, region }, policy) => void setPolicy.run(policy, id, region),
    setTags(key, given) {
      removeTags.run(key.id, key.region)
      putTags(key, given)
    },
    setRotation: ({ id, region }, rotation) => void setRotation.run(rotation?.periodDays ?? null, rotation?.nextAt ?? null, id, region),
    setCurrentMaterial: (id, material) => void setCurrentMaterial.run(material, id),
    setDeletesAt: ({ id, region }, at) => void setDeletesAt.run(at ?? null, id, region),
    setPendingWindow: ({ id, region }, days) => void setPendingWindow.run(days ?? null, id, region),
    setMultiRegion: ({ id, region }, role) => void setMultiRegion.run(role, id, region),
    setLastUsed: putUse,
    dueForRotation: (now) => dueForRotation.all(integer(now)).map(withTags),
    dueForDeletion: (now) => dueForDeletion.all(integer(now)).map(withTags),
    remove({ id, region }) {
      for (const part of [removeTags, removeAliases, removeGrants, removeUse, remove]) part.run(id, region)
    },
    page: (scope, after, limit) => page.all(scope.account, scope.region, after ?? '', integer(limit)).map(withTags),
    count: (scope) => count.get(scope.account, scope.region)?.total ?? 0,
    tags: ({ id, region }) => tags.all(id, region),
  }
}

function keyRow({ operation, at, eventId, requestId, periodDays, nextAt, deletesAt, multiRegion, pendingWindow, currentMaterial, ...row }: Found, tags: readonly Tag[]): KeyRow {
  return {
    ...row,
    tags,
    currentMaterial: currentMaterial === NO_MATERIAL ? undefined : currentMaterial,
    rotation: periodDays === null || nextAt === null ? undefined : { periodDays, nextAt },
    deletesAt: deletesAt ?? undefined,
    multiRegion: multiRegion ?? undefined,
    pendingWindow: pendingWindow ?? undefined,
    lastUsed: operation === null || at === null ? undefined : { operation, at, eventId: eventId ?? '', requestId: requestId ?? '' },
  }
}
