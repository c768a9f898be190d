import type { AccountId, AliasName, KeyId, MaterialId, MemberId, Region, VaultId } from '../vocabulary/ids.ts'
import type { KeyOrigin, KeySpec, KeyUsage, ProtectionLevel, SealingRung, Tag } from '../vocabulary/kms.ts'
import type { Secret } from '../vocabulary/secret.ts'
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
  readonly keys: KeyTable
  readonly materials: MaterialTable
  readonly aliases: AliasTable
  readonly intents: IntentTable
  readonly audit: AuditTable
}

export interface VaultTable {
  /** The one row; written at initialisation. */
  get(): VaultRow
  put(row: VaultRow): void
  accounts(): AccountRow[]
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
  put(row: MemberRow): void
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
  /** UTF-8 of the user PIN; undefined where the vault does not keep it. The caller wipes the buffer. */
  readonly pin: Uint8Array | undefined
  /** A software token's next PIN, stored before C_SetPIN. */
  readonly pendingPin: Uint8Array | undefined
  /** UTF-8 of the security officer PIN of a software token. */
  readonly soPin: Uint8Array | undefined
}

export interface KeyTable {
  get(id: KeyId): KeyRow | undefined
  insert(row: KeyRow): void
  setState(id: KeyId, state: StoredKeyState): void
  setLastUsed(id: KeyId, operation: string, at: number): void
  /** Keys of one account and Region in order of key id, after the given id (exclusive), at most `limit`. */
  page(scope: Scope, after: KeyId | undefined, limit: number): KeyRow[]
  count(scope: Scope): number
  tags(id: KeyId): Tag[]
}

export interface Scope {
  readonly account: AccountId
  readonly region: Region
}

/** States that are facts of the store; `Unavailable` is derived from the HSM. */
export type StoredKeyState = 'Enabled' | 'Disabled' | 'PendingDeletion'

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
  readonly currentMaterial: MaterialId
  readonly tags: readonly Tag[]
  /** The last cryptographic operation with this key; undefined if there was none. */
  readonly lastUsed: { readonly operation: string; readonly at: number } | undefined
}

export interface MaterialTable {
  get(id: MaterialId): MaterialRow | undefined
  ofKey(id: KeyId): MaterialRow[]
  /** Its key and its member must be there. */
  insert(row: MaterialRow): void
  /** Reserves further encryptions for a rung-1 material; returns the total reserved after it. */
  reserve(id: MaterialId, count: number): number
}

export interface MaterialRow {
  readonly id: MaterialId
  readonly keyId: KeyId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly kind: MaterialKind
  readonly rung: SealingRung
  readonly checkValue: Uint8Array | undefined
  readonly createdAt: number
  /** Encryptions reserved so far, durably, in blocks: the true count is at most this. */
  readonly reserved: number
}

export interface AliasTable {
  get(scope: Scope, name: AliasName): AliasRow | undefined
  insert(row: AliasRow): void
  /** False if there was none. */
  remove(scope: Scope, name: AliasName): boolean
  /** In order of name, after the given name (exclusive), of one key if given, at most `limit`. */
  page(scope: Scope, key: KeyId | undefined, after: AliasName | undefined, limit: number): AliasRow[]
  countOfKey(key: KeyId): number
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
  /** Create rolls back (destroy by CKA_ID); destroy rolls forward. */
  readonly kind: 'create-material' | 'destroy-material'
  readonly keyId: KeyId
  readonly materialId: MaterialId
  readonly memberId: MemberId
  readonly ckaId: Uint8Array
  readonly createdAt: number
}

/** Audit records as their exact leaf bytes, gapless in commit order. */
export interface AuditTable {
  /** The sequence number that the next record gets: 0 for the first. */
  next(): number
  /** Appends one leaf; its sequence number must be `next()`. */
  append(sequence: number, leaf: Uint8Array): void
  /** From a sequence number on, at most `limit`. */
  page(from: number, limit: number): { readonly sequence: number; readonly leaf: Uint8Array }[]
  /** Newest first, before a sequence number (exclusive; undefined: from the newest), at most `limit`. */
  latest(before: number | undefined, limit: number): { readonly sequence: number; readonly leaf: Uint8Array }[]
}
