import type { MaterialRow, MaterialTable } from '#core/ports/store.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Database } from '../database.ts'
import { bytes, integer, maybeBytes } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<MaterialRow, 'rung' | Blobs> & { readonly [Blob in Blobs]: Uint8Array | null } & { readonly rung: SealingRung | typeof NO_RUNG }

type Blobs = 'checkValue' | 'publicKey' | 'sealedKey'

/** The column says 0 of material that seals nothing. */
const NO_RUNG = 0

const SELECT = `SELECT id, key_id AS keyId, member_id AS memberId, cka_id AS ckaId, kind, rung, check_value AS checkValue,
  public_key AS publicKey, sealed_key AS sealedKey,
  created_at AS createdAt, reserved, cause FROM materials`

export function createMaterialTable(database: Database): MaterialTable {
  const get = database.query<Found>(`${SELECT} WHERE id = ?`)
  const ofKey = database.query<Found>(`${SELECT} WHERE key_id = ? ORDER BY created_at, id`)
  const insert = database.change(
    `INSERT INTO materials (id, key_id, member_id, cka_id, kind, rung, check_value, public_key, sealed_key, created_at, reserved, cause)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const reserve = database.changing<{ readonly reserved: number }>('UPDATE materials SET reserved = reserved + ? WHERE id = ? RETURNING reserved')
  const remove = database.change('DELETE FROM materials WHERE id = ?')
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
    },
    reserve: (id, count) => reserve.get(integer(count), id)?.reserved ?? unreachable('a reservation for a material that is not there'),
    remove: (id) => void remove.run(id),
  }
}

function materialRow(found: Found): MaterialRow {
  return {
    ...found,
    rung: found.rung === NO_RUNG ? undefined : found.rung,
    ckaId: bytes(found.ckaId),
    checkValue: maybeBytes(found.checkValue),
    publicKey: maybeBytes(found.publicKey),
    sealedKey: maybeBytes(found.sealedKey),
  }
}
