import type { ImportedMaterial, MaterialRow, MaterialTable } from '#core/ports/store.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Database } from '../database.ts'
import { bytes, integer, maybeBytes } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<MaterialRow, 'rung' | 'imported' | Blobs> & { readonly [Blob in Blobs]: Uint8Array | null } & {
  readonly rung: SealingRung | typeof NO_RUNG
  /** NULL of material that was made here. */
  readonly present: number | null
  readonly pendingRotation: number | null
  readonly rotatedAt: number | null
  readonly expiresAt: number | null
  readonly description: string | null
}

type Blobs = 'checkValue' | 'publicKey' | 'sealedKey'

/** The column says 0 of material that seals nothing. */
const NO_RUNG = 0

const SELECT = `SELECT id, key_id AS keyId, member_id AS memberId, cka_id AS ckaId, kind, rung, check_value AS checkValue,
  public_key AS publicKey, sealed_key AS sealedKey,
  created_at AS createdAt, reserved, cause, present, pending_rotation AS pendingRotation, rotated_at AS rotatedAt, expires_at AS expiresAt, description
  FROM materials LEFT JOIN imported_materials ON material_id = id`

export function createMaterialTable(database: Database): MaterialTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const ofKey = database.query<Found>(`${SELECT} WHERE key_id = ? ORDER BY created_at, id`)
  const insert = database.change(
    `INSERT INTO materials (id, key_id, member_id, cka_id, kind, rung, check_value, public_key, sealed_key, created_at, reserved, cause)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const reserve = database.changing<{ readonly reserved: number }>('UPDATE materials SET reserved = reserved + ? WHERE id = ? RETURNING reserved')
  const remove = database.change('DELETE FROM materials WHERE id = ?')
  const expired = database.query<Found>(`${SELECT} WHERE present = 1 AND expires_at <= ? ORDER BY expires_at, id`)
  const removeImported = database.change('DELETE FROM imported_materials WHERE material_id = ?')
  const putImported = database.change(
    `INSERT INTO imported_materials (material_id, present, pending_rotation, rotated_at, expires_at, description) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (material_id) DO UPDATE SET present = excluded.present, pending_rotation = excluded.pending_rotation,
     rotated_at = excluded.rotated_at, expires_at = excluded.expires_at, description = excluded.description`,
  )
  const setImported = (id: string, { present, pendingRotation, rotatedAt, expiresAt, description }: ImportedMaterial): void =>
    void putImported.run(id, Number(present), Number(pendingRotation), rotatedAt ?? null, expiresAt ?? null, description ?? null)
  return {
    get(id) {
      const found = get.get(id)
      return found && materialRow(found)
    },
    ofKey: (id) => ofKey.all(id).map(materialRow),
    insert(row) {
      insert.run(
        row.id, row.keyId, row.memberId, row.ckaId, row.kind, row.rung ?? NO_RUNG, row.checkValue ?? null, row.publicKey ?? null, row.sealedKey ?? null,
        row.createdAt, row.reserved, row.cause,
      )
      if (row.imported) setImported(row.id, row.imported)
    },
    reserve: (id, count) => reserve.get(integer(count), id)?.reserved ?? unreachable('a reservation for a material that is not there'),
    expired: (now) => expired.all(integer(now)).map(materialRow),
    setImported,
    remove(id) {
      removeImported.run(id)
      remove.run(id)
    },
  }
}

function materialRow({ present, pendingRotation, rotatedAt, expiresAt, description, ...found }: Found): MaterialRow {
  return {
    ...found,
    imported: present === null ? undefined : {
      present: present === 1, pendingRotation: pendingRotation === 1, rotatedAt: rotatedAt ?? undefined, expiresAt: expiresAt ?? undefined, description: description ?? undefined,
    },
    rung: found.rung === NO_RUNG ? undefined : found.rung,
    ckaId: bytes(found.ckaId),
    checkValue: maybeBytes(found.checkValue),
    publicKey: maybeBytes(found.publicKey),
    sealedKey: maybeBytes(found.sealedKey),
  }
}
