import type { ProfileTable } from '#core/ports/store.ts'
import { isCheckId } from '#core/tokens/checks.ts'
import type { CheckResult, TokenIdentity, TokenProfile } from '#core/tokens/profile.ts'
import type { CheckOutcome } from '#core/vocabulary/tokens.ts'
import type { Database } from '../database.ts'
import { integer } from './columns.ts'

/** Rows as SQLite gives them. */
interface Found extends TokenIdentity {
  readonly id: number
  readonly manufacturer: string
  readonly library: string
  readonly hardwareSlot: number
  readonly edition: number
  readonly at: number
  readonly milliseconds: number
}

interface FoundCheck {
  readonly checkId: string
  readonly outcome: CheckOutcome
  readonly ckr: string | null
  readonly detail: string | null
  readonly microseconds: number | null
}

const SELECT = `SELECT id, module_hash AS moduleHash, library_version AS libraryVersion, model, serial, firmware, manufacturer, library,
  hardware_slot AS hardwareSlot, edition, at, milliseconds FROM token_profiles`
const IDENTITY = 'serial = ? AND module_hash = ? AND library_version = ? AND model = ? AND firmware = ?'

export function createProfileTable(database: Database): ProfileTable {
  const get = database.query<Found>(`${SELECT} WHERE ${IDENTITY}`)
  const latest = database.query<Found>(`${SELECT} WHERE serial = ? ORDER BY at DESC, id DESC LIMIT 1`)
  const checks = database.query<FoundCheck>('SELECT check_id AS checkId, outcome, ckr, detail, microseconds FROM token_checks WHERE profile_id = ?')
  const remove = database.change(`DELETE FROM token_profiles WHERE ${IDENTITY}`)
  const insert = database.changing<{ readonly id: number }>(
    `INSERT INTO token_profiles (serial, module_hash, library_version, model, firmware, manufacturer, library, hardware_slot, edition, at, milliseconds)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  )
  const insertCheck = database.change('INSERT INTO token_checks (profile_id, check_id, outcome, ckr, detail, microseconds) VALUES (?, ?, ?, ?, ?, ?)')

  return {
    get: (identity) => profileOf(get.get(...valuesOf(identity))),
    latest: (serial) => profileOf(latest.get(serial)),
    put({ identity, claims, edition, at, milliseconds, results }) {
      remove.run(...valuesOf(identity))
      const id = insert.get(...valuesOf(identity), claims.manufacturer, claims.library, claims.hardwareSlot ? 1 : 0, edition, at, milliseconds)?.id ?? 0
      for (const [check, { outcome, ckr, detail, microseconds }] of Object.entries(results)) {
        insertCheck.run(integer(id), check, outcome, ckr ?? null, detail ?? null, microseconds ?? null)
      }
    },
  }

  function profileOf(found: Found | undefined): TokenProfile | undefined {
    if (found === undefined) return undefined
    const { id, manufacturer, library, hardwareSlot, edition, at, milliseconds, ...identity } = found
    // A check that this program no longer knows says nothing to it.
    const results = checks.all(integer(id)).filter(({ checkId }) => isCheckId(checkId)).map((check) => [check.checkId, resultOf(check)] as const)
    return {
      identity,
      claims: { manufacturer, model: identity.model, library, hardwareSlot: hardwareSlot === 1 },
      edition,
      at,
      milliseconds,
      results: Object.fromEntries(results),
    }
  }
}

function valuesOf({ serial, moduleHash, libraryVersion, model, firmware }: TokenIdentity): [string, string, string, string, string] {
  return [serial, moduleHash, libraryVersion, model, firmware]
}

function resultOf({ outcome, ckr, detail, microseconds }: FoundCheck): CheckResult {
  return {
    outcome,
    ...(ckr === null ? {} : { ckr }),
    ...(detail === null ? {} : { detail }),
    ...(microseconds === null ? {} : { microseconds }),
  }
}
