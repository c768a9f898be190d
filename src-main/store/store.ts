import type { Store, Tables } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { openDatabase, type Database } from './database.ts'
import { storeFailure } from './failures.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import { migrate } from './migrations.ts'
import { installCopy, removeCopy, writeCopy } from './rekey.ts'
import { createTables } from './tables.ts'
import { completeTrail } from './tables/audit.ts'

interface Connection {
  readonly database: Database
  readonly tables: Tables
  readonly commits: GroupCommit
}

/**
 * The Store port over one SQLCipher file, which must exist (empty: a new database) and must have been examined with this key (pages.ts).
 * One connection reads and writes: works are synchronous, so no read ever sees a half-made write. Throws VAULT_TOO_NEW.
 */
export function createStore(path: string, key: Secret): Store {
  let connection: Connection | undefined = connect(path, key)
  let current = Secret.copy(key.bytes)
  removeCopy(path)
  return {
    read: (work) => work(open().tables),
    async write(work) {
      return open().commits.write(work)
    },
    // Synchronous inside: nothing can be written between the copy and its taking over.
    async rekey(next) {
      const { database, commits } = open()
      commits.flush()
      writeCopy(database, path, { key: current, next })
      shut()
      try {
        installCopy(path)
      } catch (error) {
        connection = connect(path, current)
        throw error
      }
      connection = connect(path, next)
      current.wipe()
      current = Secret.copy(next.bytes)
    },
    async close() {
      if (!connection) return
      connection.commits.flush()
      shut()
      current.wipe()
    },
  }

  function open(): Connection {
    return connection ?? closed()
  }

  /** SQLite checkpoints and removes the WAL when its last connection closes. */
  function shut(): void {
    const closing = open()
    connection = undefined
    closing.database.close()
  }
}

function connect(path: string, key: Secret): Connection {
  try {
    const database = openDatabase(path, key)
    try {
      migrate(database)
      completeTrail(database)
      const tables = createTables(database)
      return { database, tables, commits: createGroupCommit(database, tables) }
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw storeFailure(error)
  }
}

function closed(): never {
  throw new VaultError('STORE_FAILED', { reason: 'it is closed' })
}
