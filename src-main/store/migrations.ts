import { VaultError } from '#core/vocabulary/failures.ts'
import type { Database } from './database.ts'
import { DATABASE_FILE } from './failures.ts'
import { sql as firstTables } from './migrations/0001-first-tables.ts'
import { sql as rotationAndDeletion } from './migrations/0002-rotation-and-deletion.ts'
import { sql as tokenProfiles } from './migrations/0003-token-profiles.ts'
import { sql as keyPairs } from './migrations/0004-key-pairs.ts'
import { sql as accessKeysAndCertificates } from './migrations/0005-access-keys-and-certificates.ts'
import { sql as multiRegion } from './migrations/0006-multi-region.ts'
import { sql as auditTree } from './migrations/0007-audit-tree.ts'
import { sql as importedMaterial } from './migrations/0008-imported-material.ts'
import { sql as principalsAndGrants } from './migrations/0009-principals-and-grants.ts'

/** In order; a migration's number is its place, from 1, and its file's name. */
const MIGRATIONS = [firstTables, rotationAndDeletion, tokenProfiles, keyPairs, accessKeysAndCertificates, multiRegion, auditTree, importedMaterial, principalsAndGrants]

/** The schema version that this program writes: `PRAGMA user_version`. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Brings the schema up to date, each step in its own transaction. Throws VAULT_TOO_NEW for a database of a newer program. */
export function migrate(database: Database): void {
  const found = Number(database.pragma('user_version'))
  if (found > SCHEMA_VERSION) throw new VaultError('VAULT_TOO_NEW', { file: DATABASE_FILE, version: found })
  for (const [done, sql] of MIGRATIONS.entries()) {
    if (done < found) continue
    database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${done + 1}; COMMIT;`)
  }
}
