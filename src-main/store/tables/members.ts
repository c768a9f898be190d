import type { MemberPins, MemberRow, MemberTable } from '#core/ports/store.ts'
import type { Database } from '../database.ts'
import { maybeBytes } from './columns.ts'

/** A row as SQLite gives it. */
type Found = Omit<MemberRow, 'parameters' | 'softToken'> & { readonly parameters: string | null; readonly softToken: number }
type FoundPins = { readonly [Name in keyof MemberPins]: Uint8Array | null }

const COLUMNS = 'id, name, library, parameters, soft_token AS softToken, serial, rung'

export function createMemberTable(database: Database): MemberTable {
  const list = database.query<Found>(`SELECT ${COLUMNS} FROM members ORDER BY rowid`)
  const get = database.query<Found>(`SELECT ${COLUMNS} FROM members WHERE id = ?`)
  const pins = database.query<FoundPins>('SELECT pin, pending_pin AS pendingPin, so_pin AS soPin FROM members WHERE id = ?')
  const put = database.change(
    `INSERT INTO members (id, name, library, parameters, soft_token, serial, rung, pin, pending_pin, so_pin)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, library = excluded.library, parameters = excluded.parameters,
       soft_token = excluded.soft_token, serial = excluded.serial, rung = excluded.rung, pin = excluded.pin,
       pending_pin = excluded.pending_pin, so_pin = excluded.so_pin`,
  )
  const setRung = database.change('UPDATE members SET rung = ? WHERE id = ?')
  return {
    list: () => list.all().map(memberRow),
    get(id) {
      const found = get.get(id)
      return found && memberRow(found)
    },
    pins(id) {
      const found = pins.get(id)
      return found && { pin: maybeBytes(found.pin), pendingPin: maybeBytes(found.pendingPin), soPin: maybeBytes(found.soPin) }
    },
    put(row, given) {
      const secrets = [given.pin ?? null, given.pendingPin ?? null, given.soPin ?? null] as const
      put.run(row.id, row.name, row.library, row.parameters ?? null, row.softToken ? 1 : 0, row.serial, row.rung, ...secrets)
    },
    setRung: (id, rung) => void setRung.run(rung, id),
  }
}

function memberRow(found: Found): MemberRow {
  return { ...found, parameters: found.parameters ?? undefined, softToken: found.softToken === 1 }
}
