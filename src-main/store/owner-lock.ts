import { closeSync, existsSync, openSync } from 'node:fs'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import { sqliteCode } from './failures.ts'

/** The OS lock of one vault's owner. */
export interface OwnerLock {
  readonly held: boolean
  /** False if another process (or another lock of this one) has it. */
  acquire(): boolean
  release(): void
}

/**
 * The lock is an open exclusive transaction on an empty SQLite database: SQLite's file locks (fcntl, LockFileEx) work on every platform
 * without an addon of our own, and the kernel drops them with the process, however it ends. Nothing else may open this file: closing any
 * descriptor of it would drop the POSIX lock of the whole process.
 */
export function createOwnerLock(path: string): OwnerLock {
  let connection: Sqlite.Database | undefined
  return {
    get held() {
      return connection !== undefined
    },
    acquire() {
      if (connection) return true
      connection = lock(path)
      return connection !== undefined
    },
    release() {
      connection?.close()
      connection = undefined
    },
  }
}

function lock(path: string): Sqlite.Database | undefined {
  createEmpty(path)
  const connection = new Sqlite(path)
  try {
    connection.pragma('busy_timeout = 0')
    // An exclusive transaction on an empty database opens a journal, which would stay behind a killed process.
    connection.pragma('journal_mode = MEMORY')
    connection.exec('BEGIN EXCLUSIVE')
    return connection
  } catch (error) {
    connection.close()
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
}

/** SQLite would make it with the umask's mode. An existing file is not opened (see above). */
function createEmpty(path: string): void {
  if (existsSync(path)) return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
