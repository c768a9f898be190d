import type { Tables } from '#core/ports/store.ts'
import type { Database } from './database.ts'
import { createAccessKeyTable } from './tables/access-keys.ts'
import { createAliasTable } from './tables/aliases.ts'
import { createAuditTable } from './tables/audit.ts'
import { createCertificateTable } from './tables/certificates.ts'
import { createDeletionTable } from './tables/deletions.ts'
import { createGrantTable } from './tables/grants.ts'
import { createIntentTable } from './tables/intents.ts'
import { createKeyTable } from './tables/keys.ts'
import { createMaterialTable } from './tables/materials.ts'
import { createMemberTable } from './tables/members.ts'
import { createPrincipalTable } from './tables/principals.ts'
import { createProfileTable } from './tables/profiles.ts'
import { createServiceKeyTable } from './tables/service-keys.ts'
import { createVaultTable } from './tables/vault.ts'
import { createWrappingPairTable } from './tables/wrapping-pairs.ts'

/** All repositories over one connection, each with its statements prepared once. */
export function createTables(database: Database): Tables {
  return {
    vault: createVaultTable(database),
    members: createMemberTable(database),
    profiles: createProfileTable(database),
    keys: createKeyTable(database),
    materials: createMaterialTable(database),
    aliases: createAliasTable(database),
    intents: createIntentTable(database),
    audit: createAuditTable(database),
    deletions: createDeletionTable(database),
    accessKeys: createAccessKeyTable(database),
    principals: createPrincipalTable(database),
    grants: createGrantTable(database),
    certificates: createCertificateTable(database),
    serviceKeys: createServiceKeyTable(database),
    wrappingPairs: createWrappingPairTable(database),
  }
}
