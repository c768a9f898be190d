import type { MaterialKind } from '#core/ports/hsm.ts'
import type { ServiceKeyPurpose, ServiceKeyRow, ServiceKeyTable } from '#core/ports/store.ts'
import type { KeyId, MaterialId, MemberId } from '#core/vocabulary/ids.ts'
import type { Database } from '../database.ts'
import { bytes } from './columns.ts'

interface Found {
  readonly id: string
  readonly purpose: string
  readonly material_id: string
  readonly member_id: string
  readonly cka_id: Uint8Array
  readonly kind: string
  readonly public_key: Uint8Array
  readonly created_at: number
}

export function createServiceKeyTable(database: Database): ServiceKeyTable {
  const current = database.query<Found>('SELECT * FROM service_keys WHERE purpose = ? ORDER BY created_at DESC, id DESC LIMIT 1')
  const list = database.query<Found>('SELECT * FROM service_keys ORDER BY created_at, id')
  const insert = database.change('INSERT INTO service_keys (id, purpose, material_id, member_id, cka_id, kind, public_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  return {
    current(purpose) {
      const found = current.get(purpose)
      return found && row(found)
    },
    list: () => list.all().map(row),
    insert(key) {
      insert.run(key.id, key.purpose, key.materialId, key.memberId, key.ckaId, key.kind, key.publicKey, BigInt(key.createdAt))
    },
  }
}

function row(found: Found): ServiceKeyRow {
  return {
    id: found.id as KeyId,
    purpose: found.purpose as ServiceKeyPurpose,
    materialId: found.material_id as MaterialId,
    memberId: found.member_id as MemberId,
    ckaId: bytes(found.cka_id),
    kind: found.kind as MaterialKind,
    publicKey: bytes(found.public_key),
    createdAt: found.created_at,
  }
}
