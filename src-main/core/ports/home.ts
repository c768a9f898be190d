import type { Secret } from '../vocabulary/secret.ts'
import type { Store } from './store.ts'

/**
 * One home: the folder of one vault, outside and around its encrypted database. Layout: `owner.lock`, `vault/` (keyslots.json, vault.db,
 * tokens/), `pending-events`, `tokens.json`, `endpoint-ca.pem`; `unfinished/` and `spool/` belong to the Files port. All files 0600 but for
 * the certificate, all folders 0700.
 */
export interface Home {
  /** Absolute path. */
  readonly path: string
  /**
   * Takes the OS lock that makes this process the vault's owner; false if another process has it. The kernel drops it with the process.
   * Creates the folder if needed.
   */
  acquire(): boolean
  release(): void
  /** `none`: nothing here; `present`: a vault. Throws VAULT_DAMAGED if only a part of one is here. */
  state(): 'none' | 'present'
  /** The folder for this vault's software tokens (may not exist yet). */
  readonly tokenDirectory: string
  /**
   * The keyslot file's bytes. Throws VAULT_NOT_INITIALISED if there is no vault, VAULT_DAMAGED if it cannot be read.
   */
  readKeyslots(): Uint8Array
  /** Write, fsync, rename, fsync of the folder. */
  replaceKeyslots(bytes: Uint8Array): void
  /**
   * Opens and migrates the database with a raw 32-byte key. Throws VAULT_DAMAGED, VAULT_TOO_NEW. Undefined if this key does not open it, or
   * if its first page is damaged: SQLCipher's format cannot tell these apart, but who has the key from an opened keyslot can (it is damage).
   * Changes nothing in a file that it cannot open. Copies the key.
   */
  openStore(key: Secret): Store | undefined
  /**
   * Starts a new vault beside: everything is made in a staging folder that becomes `vault/` in one rename when it is complete.
   * A staging folder that an unfinished start left behind is removed first. Throws VAULT_ALREADY_INITIALISED.
   */
  stage(): StagedVault
  /** Appends one line to `pending-events` (JSON text), durable on return; the file is bounded: the oldest lines make way beyond 1 MiB, and a first line `{"dropped":N}` counts them. */
  appendPendingEvent(line: string): void
  /** All lines, oldest first. */
  pendingEvents(): string[]
  /** Removes the file; called after its lines are durable in the audit trail. */
  clearPendingEvents(): void
  /** Writes the certificate (X.509, DER) that clients of the endpoint must trust as `endpoint-ca.pem`, 0644, unless it is there; gives its absolute path. */
  publishAuthority(certificate: Uint8Array): string
  /** Records the serials of tokens that hold this vault's keys in the clear `tokens.json`, so that they are known while locked. */
  putTokenSerials(serials: readonly string[]): void
}

export interface StagedVault {
  readonly tokenDirectory: string
  /** Creates the database, empty and migrated. */
  createStore(key: Secret): Store
  /** Writes the keyslots, makes all durable, renames the staging folder to `vault/`. The store must be closed before. */
  commit(keyslots: Uint8Array): void
  /** Removes the staging folder. */
  discard(): void
}
