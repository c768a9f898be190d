import type { LentRight } from '../access/grant.ts'
import type { Json } from '../vocabulary/canonical.ts'
import type { AccessKeyId, AccountId, AliasName, KeyId, MaterialId, MemberId, Region, VaultId } from '../vocabulary/ids.ts'
import type { KeyOrigin, KeySpec, KeyUsage, ProtectionLevel, SealingRung, Tag, WrappingAlgorithm } from '../vocabulary/kms.ts'
import type { Secret } from '../vocabulary/secret.ts'
import type { TokenIdentity, TokenProfile } from '../tokens/profile.ts'
import type { MaterialKind } from './hsm.ts'

/**
 * The Store port: one vault's encrypted database. Synchronous inside a transaction, durable when `write` resolves.
 * Throws STORE_FAILED, DISK_FULL, and VAULT_DAMAGED for a page that does not authenticate only, besides what the work itself throws.
 */
export interface Store {
  /** One consistent view. The work must not keep `tables` beyond its return. */
  read<T>(work: (tables: Tables) => T): T
  /**
   * Group commit. Works that arrive while a batch is being made durable share the next transaction, in order of arrival, each in its own
   * savepoint: one that throws is rolled back alone and rejects its own caller with what it threw. Resolves only after the batch is on
   * disk (fsync); if the commit itself fails, every caller of the batch is rejected with STORE_FAILED or DISK_FULL and nothing has changed.
   */
  write<T>(work: (tables: Tables) => T): Promise<T>
  /**
   * Re-encrypts the database under another key (32 bytes), durably; on return only the new key opens it. At every moment the file is whole
   * under one of the two. Nothing else happens meanwhile: about 30 ms per MB. Copies the key.
   */
  rekey(key: Secret): Promise<void>
  /** Waits for writes under way, checkpoints and closes. May be called twice. */
  close(): Promise<void>
}

/** The repositories of one transaction. Every write belongs to exactly one `Store.write`. */
export interface Tables {
  readonly vault: VaultTable
  readonly members: MemberTable
  readonly profiles: ProfileTable
  readonly keys: KeyTable
  readonly materials: MaterialTable
  readonly aliases: AliasTable
  readonly intents: IntentTable
  readonly audit: AuditTable
  readonly deletions: DeletionTable
  readonly accessKeys: AccessKeyTable
  readonly principals: PrincipalTable
  readonly grants: GrantTable
  readonly certificates: CertificateTable
  readonly serviceKeys: ServiceKeyTable
  readonly wrappingPairs: WrappingPairTable
}

export interface VaultTable {
  /** The one row; written at initialisation. */
  get(): VaultRow
  put(row: VaultRow): void
  accounts(): AccountRow[]
  /** Whether this account has been declared in this Region. */
  declares(scope: Scope): boolean
  addAccount(row: AccountRow): void
  /** Public keys of the keyslots: they must match the keyslot file before a new database key is sealed to them. */
  slotKeys(): SlotKeyRow[]
  putSlotKey(row: SlotKeyRow): void
  removeSlotKey(slotId: string): void
}

export interface VaultRow {
  readonly id: VaultId
  readonly name: string
  readonly createdAt: number
  /** The account and Region used where a caller names none. */
  readonly account: AccountId
  readonly region: Region
}

export interface AccountRow {
  readonly account: AccountId
  readonly region: Region
}

export interface SlotKeyRow {
  readonly slotId: string
  /** The principal's ARN. */
  readonly principal: string
  readonly publicKey: Uint8Array
}

export interface MemberTable {
  list(): MemberRow[]
  get(id: MemberId): MemberRow | undefined
  /** Apart from the row, so that a PIN is in memory only where a PIN is wanted. The caller wipes the buffers. */
  pins(id: MemberId): MemberPins | undefined
  put(row: MemberRow, pins: MemberPins): void
  setRung(id: MemberId, rung: SealingRung): void
}

/** What tokens really can, one profile per library, version, model, token and firmware. */
export interface ProfileTable {
  /** Undefined if this very token was not tried out. */
  get(identity: TokenIdentity): TokenProfile | undefined
  /** The newest of the token with this serial, whatever has changed since. */
  latest(serial: string): TokenProfile | undefined
  /** Takes the place of the one with the same identity. */
  put(profile: TokenProfile): void
}

export interface MemberRow {
  readonly id: MemberId
  readonly name: string
  /** `softhsm` or an absolute path (ModuleConfig.library). */
  readonly library: string
  readonly parameters: string | undefined
  /** The tokens are files of this vault (SoftHSM): their folder belongs to the home. */
  readonly softToken: boolean
  readonly serial: string
  /** The rung that new material on this member gets. */
  readonly rung: SealingRung
}

export interface MemberPins {
  /** UTF-8 of the user PIN; undefined where the vault does not keep it. */
  readonly pin: Uint8Array | undefined
  /** A software token's next PIN, stored before C_SetPIN. */
  readonly pendingPin: Uint8Array | undefined
  /** UTF-8 of the security officer PIN of a software token. */
  readonly soPin: Uint8Array | undefined
}

export interface KeyTable {
  get(key: KeyRef): KeyRow | undefined
  /** All keys with this id, the primary first, then in order of Region: one, or a multi-Region key with its replicas. */
  related(id: KeyId): KeyRow[]
  insert(row: KeyRow): void
  setState(key: KeyRef, state: StoredKeyState): void
  setDescription(key: KeyRef, description: string): void
  setPolicy(key: KeyRef, policy: string): void
  /** Replaces all tags. */
  setTags(key: KeyRef, tags: readonly Tag[]): void
  /** Undefined switches automatic rotation off. */
  setRotation(key: KeyRef, rotation: RotationSchedule | undefined): void
  /** Of all related keys: they share their material. */
  setCurrentMaterial(id: KeyId, material: MaterialId): void
  /** Undefined takes the deletion back. */
  setDeletesAt(key: KeyRef, at: number | undefined): void
  /** The waiting period of a primary that waits for its replicas to go, in days; undefined if it does not. */
  setPendingWindow(key: KeyRef, days: number | undefined): void
  setMultiRegion(key: KeyRef, role: MultiRegionRole): void
  setLastUsed(key: KeyRef, use: KeyUse): void
  /** Keys whose automatic rotation is due at this time, the longest overdue first. */
  dueForRotation(now: number): KeyRow[]
  /** Keys whose deletion date has passed at this time. */
  dueForDeletion(now: number): KeyRow[]
  /** Takes the key out with its aliases, tags and uses: a replica at any time, the last of its id once no material of it is left. */
  remove(key: KeyRef): void
  /** Keys of one account and Region in order of key id, after the given id (exclusive), at most `limit`. */
  page(scope: Scope, after: KeyId | undefined, limit: number): KeyRow[]
  count(scope: Scope): number
  tags(key: KeyRef): Tag[]
}

/** A key's address: related multi-Region keys have the same id. */
export interface KeyRef {
  readonly id: KeyId
  readonly region: Region
}

/** AWS KMS MultiRegionKeyType. */
export type MultiRegionRole = 'PRIMARY' | 'REPLICA'

export interface Scope {
  readonly account: AccountId
  readonly region: Region
}

/** States that are facts of the store; `Unavailable` is derived from the HSM. */
export type StoredKeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'PendingImport'

export interface KeyRow {
  readonly id: KeyId
  readonly account: AccountId
  readonly region: Region
  readonly spec: KeySpec
  readonly usage: KeyUsage
  readonly origin: KeyOrigin
  readonly protection: ProtectionLevel
  readonly state: StoredKeyState
  readonly description: string
  /** The key policy, as the JSON text that was given. */
  readonly policy: string
  readonly createdAt: number
  /** Undefined until the first import into a key of origin EXTERNAL; deleted material stays the current one. */
  readonly currentMaterial: MaterialId | undefined
  readonly tags: readonly Tag[]
  /** Automatic rotation; undefined while it is off. */
  readonly rotation: RotationSchedule | undefined
  /** When the waiting period of a scheduled deletion ends; undefined if none is scheduled. */
  readonly deletesAt: number | undefined
  /** Undefined for the key of a single Region. */
  readonly multiRegion: MultiRegionRole | undefined
  /** Of a primary whose replicas must go first (`PendingReplicaDeletion`): days of the waiting period that follows. */
  readonly pendingWindow: number | undefined
  /** The last cryptographic operation with this key; undefined if there was none. */
  readonly lastUsed: KeyUse | undefined
}

export interface RotationSchedule {
  /** 90 to 2560. */
  readonly periodDays: number
  readonly nextAt: number
}

export interface KeyUse {
  readonly operation: string
  readonly at: number
  /** The audit record's eventID and requestID. */
  readonly eventId: string
  readonly requestId: string
}

export interface MaterialTable {
  get(id: MaterialId): MaterialRow | undefined
  ofKey(id: KeyId): MaterialRow[]
  /** Its key and its member must be there. */
  insert(row: MaterialRow): void
  /** Reserves further encryptions for a rung-1 material; returns the total reserved after it. */
  reserve(id: MaterialId, count: number): number
  /** Imported material that the token holds and that has expired at this time, the longest expired first. */
  expired(now: number): MaterialRow[]
  setImported(id: MaterialId, imported: ImportedMaterial): void
  /** Once the material is destroyed in the HSM. */
  remove(id: MaterialId): void
}

export interface MaterialRow {
  readonly id: MaterialId
  /** All related multi-Region keys share it. */
  readonly keyId: KeyId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly kind: MaterialKind
  /** Undefined for material that seals nothing: HMAC keys and key pairs of the token. */
  readonly rung: SealingRung | undefined
  readonly checkValue: Uint8Array | undefined
  /** SubjectPublicKeyInfo in DER, of a pair in the token or of a sealed one; undefined for secret keys. */
  readonly publicKey: Uint8Array | undefined
  /** The private key of a `SEALED` key as a blob under this very material (purpose `private-key`): gone for good when the material is. */
  readonly sealedKey: Uint8Array | undefined
  readonly createdAt: number
  /** Encryptions reserved so far, durably, in blocks: the true count is at most this. */
  readonly reserved: number
  /** What made it current: `CREATE` for a key's first, else AWS's RotationType. */
  readonly cause: 'CREATE' | 'AUTOMATIC' | 'ON_DEMAND'
  /** Undefined for material that was made here. */
  readonly imported: ImportedMaterial | undefined
}

export interface ImportedMaterial {
  /** Whether the token holds it. Deleted and expired material keeps its row and CKA_ID: only the same bytes may come back. */
  readonly present: boolean
  /** It has encrypted nothing yet: RotateKeyOnDemand makes it current. */
  readonly pendingRotation: boolean
  /** When a rotation made it current; undefined for a key's first. */
  readonly rotatedAt: number | undefined
  /** Undefined: never. */
  readonly expiresAt: number | undefined
  readonly description: string | undefined
}

/** Pairs in the token under which material from outside arrives, each for one import, and the secret that import tokens are authenticated with. */
export interface WrappingPairTable {
  get(id: MaterialId): WrappingPairRow | undefined
  /** Pairs whose time is over. */
  ended(now: number): WrappingPairRow[]
  insert(row: WrappingPairRow): void
  remove(id: MaterialId): void
  /** 32 bytes; undefined until the first token. The caller wipes them. */
  secret(): Uint8Array | undefined
  /** Once. */
  putSecret(secret: Uint8Array): void
}

export interface WrappingPairRow {
  /** In its label, as a material's id is. */
  readonly id: MaterialId
  readonly keyId: KeyId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly algorithm: WrappingAlgorithm
  readonly endsAt: number
}

export interface AliasTable {
  get(scope: Scope, name: AliasName): AliasRow | undefined
  insert(row: AliasRow): void
  /** Points the alias at another key. */
  setKey(scope: Scope, name: AliasName, key: KeyId, at: number): void
  /** False if there was none. */
  remove(scope: Scope, name: AliasName): boolean
  /** In order of name, after the given name (exclusive), of one key if given, at most `limit`. */
  page(scope: Scope, key: KeyId | undefined, after: AliasName | undefined, limit: number): AliasRow[]
  countOfKey(key: KeyRef): number
}

export interface AliasRow extends Scope {
  readonly name: AliasName
  readonly keyId: KeyId
  readonly createdAt: number
  readonly updatedAt: number
}

/** The journal of changes that touch the HSM: what was intended, before the token is asked. */
export interface IntentTable {
  insert(row: IntentRow): void
  remove(id: string): void
  list(): IntentRow[]
  /** An open intent on this key blocks other mutations of it. */
  ofKey(id: KeyId): IntentRow[]
}

export interface IntentRow {
  readonly id: string
  /**
   * Create and import roll back (destroy by CKA_ID). The others roll forward: `destroy-material` ends with the row, `remove-material` leaves it
   * for the same bytes to come back, `destroy-wrapping-pair` has a wrapping pair's id as material and nobody's as key.
   */
  readonly kind: 'create-material' | 'import-material' | 'destroy-material' | 'remove-material' | 'destroy-wrapping-pair'
  readonly keyId: KeyId
  readonly materialId: MaterialId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly createdAt: number
}

/** What deletions need beyond the key: running time after the due date, what is destroyed, and the last wall clock seen. */
export interface DeletionTable {
  /** Milliseconds of running time since the due date was first noticed; undefined if it has not been. */
  runningTime(key: KeyRef): number | undefined
  /** Notes the due date (0) or adds running time. */
  addRunningTime(key: KeyRef, milliseconds: number): void
  /** The deletion was taken back, or is done. */
  forget(key: KeyRef): void
  addTombstone(row: TombstoneRow): void
  tombstones(): TombstoneRow[]
  /** The latest wall clock that this vault has seen; 0 if none. */
  lastSeen(): number
  /** Never goes back. */
  see(now: number): void
  /** An administrator has confirmed the time: goes back too. */
  setSeen(now: number): void
}

/** A destroyed material: its absence in the token was seen. */
export interface TombstoneRow {
  readonly materialId: MaterialId
  readonly keyId: KeyId
  readonly keyArn: string
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly destroyedAt: number
}

/**
 * Audit records as their exact leaf bytes, gapless in commit order. With each record its place in the Merkle tree (RFC 6962) and in the
 * index of terms is written, in the same transaction.
 */
export interface AuditTable {
  /** The sequence number that the next record gets: 0 for the first. */
  next(): number
  /** Appends one leaf, an event in canonical JSON; its sequence number must be `next()`. `event`: the same, if the caller has it at hand. */
  append(sequence: number, leaf: Uint8Array, event?: Json): void
  /** From a sequence number on, at most `limit`. */
  page(from: number, limit: number): AuditRow[]
  /** Newest first, before a sequence number (exclusive; undefined: from the newest), at most `limit`. */
  latest(before: number | undefined, limit: number): AuditRow[]
  /** Newest first: records that have all of the terms (their numbers) and that `accept` lets pass, at most `limit`. */
  search(query: AuditQuery, limit: number): AuditRow[]
  /** How many records `search` would find. Of whole blocks within the time, and terms that several of their records have, only the index is asked. */
  count(query: AuditQuery): number
  /** As `page`, with the leaf hashes as they are stored; undefined where there is none. */
  hashed(from: number, limit: number): (AuditRow & { readonly hash: Uint8Array | undefined })[]
  /** MTH of the records 0 to size - 1, from stored hashes. */
  root(size: number): Uint8Array
  /** RFC 6962, from stored hashes. */
  inclusion(sequence: number, size: number): Uint8Array[]
  consistency(older: number, size: number): Uint8Array[]
  /** A block of 256 records as it is indexed; undefined if it is not complete. */
  block(block: number): AuditBlock | undefined
  /** Its root only. */
  blockRoot(block: number): { readonly block: number; readonly root: Uint8Array } | undefined
  /** One more than the highest block that anything is stored of. */
  blocks(): number
  /** How many terms belong to blocks beyond the last. */
  strayTerms(): number
  /** Signed checkpoints by size, the largest first, below `before` (undefined: all), at most `limit`. */
  checkpoints(before: number | undefined, limit: number): AuditCheckpoint[]
  putCheckpoint(row: AuditCheckpoint): void
}

export interface AuditRow {
  readonly sequence: number
  readonly leaf: Uint8Array
}

export interface AuditQuery {
  readonly terms: readonly number[]
  /** Milliseconds since 1970: `from` inclusive, `to` exclusive. */
  readonly from: number | undefined
  readonly to: number | undefined
  /** Records before this one only. */
  readonly before?: number | undefined
  /** Records from this one on only. */
  readonly since?: number | undefined
  /** The last word: the index only says where to look. */
  accept(row: AuditRow): boolean
}

export interface AuditBlock {
  readonly root: Uint8Array
  readonly firstAt: number
  readonly lastAt: number
  /** By number, terms that several records have: which of the block's, in their order, as places 0 to 255. */
  readonly terms: ReadonlyMap<number, readonly number[]>
  /** The others as they are packed (`rareTerms`). */
  readonly rare: Uint8Array
}

export interface AuditCheckpoint {
  readonly size: number
  /** The signed note. */
  readonly note: string
}

/** Keys in the HSM that the vault itself signs with: nobody's CMK, and in no list of keys. Reconcile and searches for orphans must know them. */
export interface ServiceKeyTable {
  /** The newest of a purpose; undefined if none was made yet. */
  current(purpose: ServiceKeyPurpose): ServiceKeyRow | undefined
  /** In the order in which they were made. */
  list(): ServiceKeyRow[]
  insert(row: ServiceKeyRow): void
}

/** `audit-checkpoint` signs checkpoints of the trail, `audit-digest` CloudTrail's digest files; neither signs anything else. */
export type ServiceKeyPurpose = 'audit-checkpoint' | 'audit-digest'

export interface ServiceKeyRow {
  readonly id: KeyId
  readonly purpose: ServiceKeyPurpose
  readonly materialId: MaterialId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly kind: MaterialKind
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly createdAt: number
}

/** Access keys: what programs sign their requests with. */
export interface AccessKeyTable {
  get(id: AccessKeyId): AccessKeyRow | undefined
  /** In order of principal, then of age. */
  list(): AccessKeyRow[]
  /** The secret access key, ASCII; undefined if there is no such key. The caller wipes the buffer. */
  secret(id: AccessKeyId): Uint8Array | undefined
  insert(row: AccessKeyRow, secret: Uint8Array): void
  /** False if there is no such key. */
  setActive(id: AccessKeyId, active: boolean): boolean
  setUsed(id: AccessKeyId, at: number): void
  /** False if there was none. */
  remove(id: AccessKeyId): boolean
}

export interface AccessKeyRow {
  readonly id: AccessKeyId
  readonly account: AccountId
  /** The principal's ARN. */
  readonly principal: string
  readonly active: boolean
  readonly createdAt: number
  /** To the minute; undefined if it never was. */
  readonly usedAt: number | undefined
}

/** Users, roles and groups of all accounts, with their policies; an account's root is in no table. */
export interface PrincipalTable {
  get(arn: string): PrincipalRow | undefined
  /** Whatever the case of its letters. */
  named(account: AccountId, kind: PrincipalRow['kind'], name: string): PrincipalRow | undefined
  /** In order of name. */
  list(account: AccountId, kind: PrincipalRow['kind']): PrincipalRow[]
  insert(row: PrincipalRow): void
  setTags(arn: string, tags: readonly Tag[]): void
  setTrustPolicy(arn: string, policy: string): void
  /** With its policies, tags and memberships; its access keys are others' business. False if there was none. */
  remove(arn: string): boolean
  /** A group that somebody made, whatever the case of its letters. */
  group(account: AccountId, name: string): GroupRow | undefined
  groups(account: AccountId): GroupRow[]
  insertGroup(row: GroupRow): void
  /** With its policies. False if there was none. */
  removeGroup(arn: string): boolean
  /** ARNs of the groups, ready-made ones too, that a user is in. */
  groupsOf(user: string): string[]
  /** ARNs of the users of a group. */
  members(group: string): string[]
  join(group: string, user: string): void
  /** False if the user was not in it. */
  leave(group: string, user: string): boolean
  /** Policies of a user, a role or a group, by its ARN, in order of name. */
  policies(owner: string): { readonly name: string; readonly document: string }[]
  putPolicy(owner: string, name: string, document: string): void
  /** False if there was none. */
  removePolicy(owner: string, name: string): boolean
}

export interface PrincipalRow {
  readonly arn: string
  readonly account: AccountId
  readonly kind: 'User' | 'Role'
  readonly name: string
  /** `AIDA…` or `AROA…`: unlike the ARN it is never anybody else's. */
  readonly id: string
  readonly createdAt: number
  /** Of a role: who may assume it, as the JSON text that was given. */
  readonly trustPolicy: string | undefined
  readonly tags: readonly Tag[]
}

export interface GroupRow {
  readonly arn: string
  readonly account: AccountId
  readonly name: string
  readonly createdAt: number
}

/** Grants on keys. */
export interface GrantTable {
  get(id: string): GrantRow | undefined
  /** Of one key to one grantee. */
  lentTo(key: KeyRef, grantee: string): GrantRow[]
  /** Of one key in order of id, after the given one (exclusive), at most `limit`. */
  page(key: KeyRef, after: string | undefined, limit: number): GrantRow[]
  /** Those that a principal may retire, of whatever key, as `page`. */
  retirable(principal: string, after: string | undefined, limit: number): GrantRow[]
  count(key: KeyRef): number
  insert(row: GrantRow): void
  /** False if there was none. */
  remove(id: string): boolean
}

export interface GrantRow extends LentRight, Scope {
  readonly keyId: KeyId
  /** The retiring principal's ARN. */
  readonly retiring: string | undefined
  readonly name: string | undefined
  /** ARN of the account that made it. */
  readonly issuer: string
  readonly createdAt: number
}

/** The vault's own certificates: the `authority` of its endpoints, and what its `server` shows. */
export interface CertificateTable {
  get(role: CertificateRole): CertificateRow | undefined
  put(role: CertificateRole, row: CertificateRow): void
}

export type CertificateRole = 'authority' | 'server'

export interface CertificateRow {
  /** PKCS #8, DER. The caller wipes the buffer. */
  readonly privateKey: Uint8Array
  /** X.509, DER. */
  readonly certificate: Uint8Array
  /** Its notAfter. */
  readonly endsAt: number
}
