import type { Tables } from '#core/ports/store.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Database } from './database.ts'
import { sqliteCode, storeFailure } from './failures.ts'

/** One transaction and one fsync for all writes that are waiting; see `Store.write`. */
export interface GroupCommit {
  write<T>(work: (tables: Tables) => T): Promise<T>
  /** Makes everything that waits durable, now. */
  flush(): void
}

/** So many works share a transaction at most: the event loop stands still meanwhile. */
const LARGEST_BATCH = 512

interface Pending {
  readonly work: (tables: Tables) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The batch is taken by setImmediate, after the event loop's poll phase: all replies that arrived while the last fsync blocked the loop
 * have then been handled, and their writes share the next one. (process.nextTick would commit once per reply.)
 */
export function createGroupCommit(database: Database, tables: Tables): GroupCommit {
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map((sql) => database.command(sql)) as Commands
  const [save, release, undo] = ['SAVEPOINT work', 'RELEASE work', 'ROLLBACK TO work'].map((sql) => database.command(sql)) as Commands
  let queue: Pending[] = []
  let scheduled = false

  return {
    write(work) {
      return new Promise((resolve, reject) => {
        queue.push({ work, resolve: resolve as Pending['resolve'], reject })
        schedule()
      })
    },
    flush() {
      while (queue.length > 0) next()
    },
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (queue.length > 0) next()
      if (queue.length > 0) schedule()
    })
  }

  function next(): void {
    const batch = queue.slice(0, LARGEST_BATCH)
    queue = queue.slice(LARGEST_BATCH)
    const answers: (() => void)[] = []
    database.writing = true
    try {
      begin()
      for (const pending of batch) answers.push(attempt(pending))
      commit()
    } catch (error) {
      rollBack()
      const failure = batchFailure(error)
      for (const pending of batch) pending.reject(failure)
      return
    } finally {
      database.writing = false
    }
    for (const answer of answers) answer()
  }

  /** Runs one work in its savepoint; what it gives back tells the caller, once the batch is durable. */
  function attempt({ work, resolve, reject }: Pending): () => void {
    save()
    try {
      const value = work(tables)
      if (value instanceof Promise) unreachable('a write that is asynchronous')
      release()
      return () => { resolve(value) }
    } catch (error) {
      try {
        undo()
        release()
      } catch (undoing) {
        // SQLite ended the whole transaction by itself (sqlite.org/lang_transaction.html, section 3): the first error says why.
        throw error instanceof VaultError && error.code === 'DISK_FULL' ? error : undoing
      }
      return () => { reject(error) }
    }
  }

  function rollBack(): void {
    try {
      rollback()
    } catch (error) {
      // SQLITE_ERROR: there is no transaction any more.
      if (sqliteCode(error) !== 'SQLITE_ERROR') throw error
    }
  }
}

type Commands = [() => void, () => void, () => void]

/** The transaction as a whole failed. */
function batchFailure(error: unknown): unknown {
  const failure = storeFailure(error)
  return failure instanceof VaultError ? failure : new VaultError('STORE_FAILED', { reason: 'the transaction failed' })
}
