import type { Ambient } from '#core/ports/ambient.ts'
import type { Certificates } from '#core/ports/certificates.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { Endpoint } from '#core/ports/endpoint.ts'
import type { Files } from '#core/ports/files.ts'
import type { Home } from '#core/ports/home.ts'
import type { Hsm } from '#core/ports/hsm.ts'
import type { Store, VaultRow } from '#core/ports/store.ts'
import { managePrincipals } from './access/principals.ts'
import { simulatePolicies } from './access/simulate.ts'
import { createPolicies, type Policies } from './access/policies.ts'
import { createAuthenticate, type Authenticate } from './access-keys/authenticate.ts'
import { manageAccessKeys } from './access-keys/manage.ts'
import { createSigningKeys, type SigningKeys } from './access-keys/signing-keys.ts'
import { manageAccounts } from './accounts.ts'
import { createCheckpoints, type Checkpoints } from './audit/checkpoints.ts'
import { readAudit } from './audit/operations.ts'
import { createServiceKeys, type ServiceKeys } from './audit/service-keys.ts'
import { createAuthorisation, type Authorisation } from './authorisation.ts'
import { consoleReads } from './console-reads.ts'
import { createIdentities, type Identities } from './endpoint/identity.ts'
import { manageEndpoint } from './endpoint/operations.ts'
import { createEncryptionCount } from './encryption-count.ts'
import { browseFolder } from './files/browse-folder.ts'
import { createDataKeys } from './files/data-keys.ts'
import { decryptFile } from './files/decrypt-file.ts'
import { decryptFolder } from './files/decrypt-folder.ts'
import { encryptFile } from './files/encrypt-file.ts'
import { encryptFolder } from './files/encrypt-folder.ts'
import { createJobs, type Jobs } from './files/jobs.ts'
import { createTransfers, type Transfers } from './files/transfers.ts'
import { readRange } from './files/read-range.ts'
import { reencryptFile } from './files/reencrypt-file.ts'
import { transferFiles } from './files/uploads.ts'
import { verifyFile } from './files/verify-file.ts'
import { createGate, type Gate } from './gate.ts'
import { issuedDataKeys } from './issued-data-keys.ts'
import { createJournal } from './journal.ts'
import { keyOffers } from './key-offers.ts'
import { deleteKeys } from './kms/delete-keys.ts'
import { describeKeys } from './kms/describe-keys.ts'
import { grantKeys } from './kms/grant-keys.ts'
import { replicateKeys } from './kms/replicate-keys.ts'
import { generateRandom } from './kms/generate-random.ts'
import { importMaterial } from './kms/import-material.ts'
import { makeDataKeyPairs } from './kms/make-data-key-pairs.ts'
import { makeMacs } from './kms/make-macs.ts'
import { manageAliases } from './kms/manage-aliases.ts'
import { manageKeys } from './kms/manage-keys.ts'
import { rotateKeys } from './kms/rotate-keys.ts'
import { createCiphers } from './kms/ciphers.ts'
import { useKeys } from './kms/use-keys.ts'
import { shareSecrets } from './kms/share-secrets.ts'
import { showPublicKeys } from './kms/show-public-keys.ts'
import { signMessages } from './kms/sign-messages.ts'
import { createMembers, type Members } from './members.ts'
import { createPrivateKeys, type PrivateKeys } from './private-keys.ts'
import { createProfiling, type Profiling } from './profiling.ts'
import type { Refusals } from './refusals.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createSealing } from './sealing.ts'
import type { Sessions } from './sessions.ts'
import { hsmHealth } from './hsm-admin/health.ts'
import { hsmLogin } from './hsm-login.ts'
import { tokenAttributes } from './token-attributes.ts'
import { tokenProfiles } from './token-profiles.ts'

/** What exists only while the vault is open: its database, its HSM members, and every operation behind the gate. */
export interface OpenVault {
  readonly row: VaultRow
  readonly store: Store
  readonly members: Members
  readonly profiling: Profiling
  readonly gate: Gate
  readonly jobs: Jobs
  readonly transfers: Transfers
  readonly scheduler: Scheduler
  /** Who signed a request (SigV4). */
  readonly authenticate: Authenticate
  readonly signingKeys: SigningKeys
  readonly identities: Identities
  readonly checkpoints: Checkpoints
  readonly operations: Operations
}

export type Operations = ReturnType<typeof operationsOf>

export function openVault(parts: {
  ambient: Ambient
  crypto: Crypto
  files: Files
  certificates: Certificates
  endpoint: Endpoint
  home: Home
  hsm: Hsm
  store: Store
  sessions: Sessions
  refusals: Refusals
  changed: () => void
}): OpenVault {
  const { ambient, crypto, certificates, endpoint, files, home, hsm, store, sessions, refusals, changed } = parts
  const row = store.read((tables) => tables.vault.get())
  const journal = createJournal({ ambient, store, vaultId: row.id, scope: row, session: (id) => members.session(id) })
  const members = createMembers({ hsm, home, store, changed, reconcile: (id, session) => journal.reconcile(id, session) })
  const sealing = createSealing({ crypto, ambient, count: createEncryptionCount(store), session: (id) => members.session(id) })
  const privateKeys = createPrivateKeys({ crypto, sealing, session: (id) => members.session(id) })
  const signingKeys = createSigningKeys(crypto, store)
  const identities = createIdentities({ ambient, crypto, certificates, home, store, row })
  const profiling = createProfiling({ ambient, store, members, changed })
  const policies = createPolicies()
  const authorisation = createAuthorisation({ ambient, row, policies })
  const gate = createGate({ ambient, store, sessions, refusals, scope: row, authorisation })
  const serviceKeys = createServiceKeys({ ambient, crypto, store, journal, row, session: (id) => members.session(id) })
  const checkpoints = createCheckpoints({ ambient, crypto, store, row, members, serviceKeys })
  const jobs = createJobs()
  const transfers = createTransfers({ ambient, crypto })
  return {
    row,
    store,
    members,
    profiling,
    gate,
    jobs,
    transfers,
    scheduler: createScheduler({ ambient, store, journal, checkpoints, changed }),
    authenticate: createAuthenticate({ ambient, crypto, store, signingKeys }),
    signingKeys,
    identities,
    checkpoints,
    operations: operationsOf({
      ambient, crypto, files, store, journal, sealing, privateKeys, members, profiling, gate, jobs, transfers, row, signingKeys, endpoint, identities, changed,
      serviceKeys, checkpoints, policies, authorisation,
    }),
  }
}

function operationsOf(parts: {
  ambient: Ambient
  crypto: Crypto
  files: Files
  store: Store
  journal: ReturnType<typeof createJournal>
  sealing: ReturnType<typeof createSealing>
  privateKeys: PrivateKeys
  members: Members
  row: VaultRow
  signingKeys: SigningKeys
  endpoint: Endpoint
  identities: Identities
  serviceKeys: ServiceKeys
  checkpoints: Checkpoints
  policies: Policies
  authorisation: Authorisation
  changed: () => void
  profiling: Profiling
  gate: Gate
  jobs: Jobs
  transfers: Transfers
}) {
  const keyUses = useKeys({ ...parts, ciphers: createCiphers(parts) })
  const fileParts = { ...parts, dataKeys: createDataKeys({ ...parts, operations: keyUses }) }
  return {
    ...manageKeys(parts),
    ...manageAliases(parts),
    ...keyUses,
    ...signMessages(parts),
    ...makeMacs(parts),
    ...showPublicKeys(parts),
    ...shareSecrets(parts),
    ...makeDataKeyPairs(parts),
    ...describeKeys(),
    ...replicateKeys(parts),
    ...rotateKeys(parts),
    ...deleteKeys(parts),
    ...importMaterial({ ...parts, session: (id) => parts.members.session(id) }),
    ...grantKeys(parts),
    generateRandom: generateRandom((id) => parts.members.session(id)),
    ...consoleReads(parts),
    ...keyOffers(),
    ...tokenAttributes(parts),
    ...issuedDataKeys(parts),
    ...readAudit(parts),
    ...manageAccessKeys(parts),
    ...manageAccounts(parts),
    ...managePrincipals(parts),
    ...simulatePolicies(parts),
    ...manageEndpoint(parts),
    ...hsmHealth(parts),
    ...hsmLogin(parts),
    ...tokenProfiles(parts),
    encryptFile: encryptFile(fileParts),
    decryptFile: decryptFile(fileParts),
    verifyFile: verifyFile(fileParts),
    reencryptFile: reencryptFile(fileParts),
    readFileRange: readRange(fileParts),
    encryptFolder: encryptFolder(fileParts),
    decryptFolder: decryptFolder(fileParts),
    browseFolder: browseFolder(parts),
    ...transferFiles(fileParts),
  }
}
