import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import { rekeyFile, type Database } from './database.ts'
import { syncFile, syncFolder } from './durable.ts'
import { DATABASE_FILE, fileFailure, storeFailure } from './failures.ts'

// The database gets another key by way of a copy that replaces it in one rename: at every moment the file is whole under one key, and
// its first page tells which. PRAGMA rekey on the living file would leave old pages in the file and new ones in the WAL for a while.

/** Writes a compact copy under the next key beside the database, durably. The database itself stays as it is. */
export function writeCopy(database: Database, path: string, keys: { key: Secret; next: Secret }): void {
  const copy = copyPath(path)
  removeCopy(path)
  try {
    closeSync(openSync(copy, 'wx', 0o600))
    database.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}'`)
    rekeyFile(copy, keys.key, keys.next)
    syncFile(copy)
  } catch (error) {
    removeCopy(path)
    throw fileFailure(storeFailure(error), DATABASE_FILE)
  }
}

/** Puts the copy in the place of the closed database. Throws before the rename only. */
export function installCopy(path: string): void {
  // A WAL that outlived its database would be replayed into the copy.
  if (existsSync(`${path}-wal`)) throw new VaultError('STORE_FAILED', { reason: 'the write-ahead log could not be emptied' })
  renameSync(copyPath(path), path)
  syncFolder(dirname(path))
}

/** Removes a copy that did not come to its rename. */
export function removeCopy(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(copyPath(path) + suffix, { force: true })
}

function copyPath(path: string): string {
  return `${path}.rekey`
}
