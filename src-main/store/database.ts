import Sqlite from 'better-sqlite3-multiple-ciphers'
import { toHex } from '#core/vocabulary/bytes.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Secret } from '#core/vocabulary/secret.ts'
import { storeFailure } from './failures.ts'

/** What a column can hold. Never `undefined` or a boolean: bindings differ in what they make of them. */
export type Value = string | number | bigint | Uint8Array | null

/** A prepared statement that reads. */
export interface Query<Row> {
  get(...values: readonly Value[]): Row | undefined
  all(...values: readonly Value[]): Row[]
}

/** A prepared statement that writes; refused outside a write of the store. */
export interface Change {
  /** The number of changed rows. */
  run(...values: readonly Value[]): number
}

/** One connection to the encrypted database: the part of the binding that the store uses. Throws what failures.ts makes of SQLite's errors. */
export interface Database {
  query<Row>(sql: string): Query<Row>
  change(sql: string): Change
  /** A change that gives rows back (RETURNING). */
  changing<Row>(sql: string): Query<Row>
  /** A prepared statement of the transaction itself; throws SQLite's own error. */
  command(sql: string): () => void
  exec(sql: string): void
  pragma(text: string): unknown
  /** True while a write of the store runs. */
  writing: boolean
  close(): void
}

/** Every setting, with what SQLite must answer afterwards. Order matters: synchronous is set after WAL, or the binding's default NORMAL stays. */
const SETTINGS = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  // macOS: fsync alone leaves data in the drive's cache. Elsewhere these two mean nothing.
  ['fullfsync', 'ON', 1],
  ['checkpoint_fullfsync', 'ON', 1],
  // Sorting must not spill plaintext to a temporary file.
  ['temp_store', 'MEMORY', 2],
  ['foreign_keys', 'ON', 1],
  ['secure_delete', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['busy_timeout', '1000', 1000],
  // KiB: each page that is not in the cache costs a decryption and an HMAC.
  ['cache_size', '-32768', -32768],
] as const

/**
 * Opens a database file with a raw key, as SQLCipher 4 writes it, and sets every setting anew. An empty file becomes a new database.
 * Throws SQLite's own error if the key does not fit: ask pages.ts first. The key passes through a string that cannot be wiped (PRAGMA key).
 */
export function openDatabase(path: string, key: Secret): Database {
  const connection = connect(path, key)
  try {
    for (const [name, value, answer] of SETTINGS) {
      connection.pragma(`${name} = ${value}`)
      const now = connection.pragma(name, { simple: true })
      if (now !== answer) throw new VaultError('STORE_FAILED', { reason: `${name} is ${String(now)} in spite of ${value}` })
    }
    connection.prepare('SELECT count(*) FROM sqlite_schema').get()
    return wrap(connection)
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Gives a closed database file another key, in place: only for a copy that nobody has yet. */
export function rekeyFile(path: string, key: Secret, next: Secret): void {
  const connection = connect(path, key)
  try {
    // A copy that fails is thrown away, and one that is whole is synced by the caller.
    connection.pragma('journal_mode = OFF')
    connection.pragma('synchronous = OFF')
    connection.pragma(`rekey = "x'${toHex(next.bytes)}'"`)
  } finally {
    connection.close()
  }
}

function connect(path: string, key: Secret): Sqlite.Database {
  const connection = new Sqlite(path)
  try {
    // Without legacy=4 the file is SQLite3MultipleCiphers' own variant, which no other SQLCipher opens.
    connection.pragma("cipher = 'sqlcipher'")
    connection.pragma('legacy = 4')
    connection.pragma(`key = "x'${toHex(key.bytes)}'"`)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function wrap(connection: Sqlite.Database): Database {
  const database: Database = {
    writing: false,
    query: (sql) => rows(connection.prepare(sql)),
    change(sql) {
      const statement = connection.prepare(sql)
      return { run: (...values) => guarded(() => statement.run(...values).changes) }
    },
    changing<Row>(sql: string): Query<Row> {
      const statement = rows<Row>(connection.prepare(sql))
      return { get: (...values) => guarded(() => statement.get(...values)), all: (...values) => guarded(() => statement.all(...values)) }
    },
    command(sql) {
      const statement = connection.prepare(sql)
      return () => void statement.run()
    },
    exec: (sql) => void connection.exec(sql),
    pragma: (text) => connection.pragma(text, { simple: true }),
    close: () => void connection.close(),
  }
  return database

  function guarded<T>(run: () => T): T {
    if (!database.writing) unreachable('a change outside a write')
    return translated(run)
  }
}

function rows<Row>(statement: Sqlite.Statement): Query<Row> {
  return {
    get: (...values) => translated(() => statement.get(...values) as Row | undefined),
    all: (...values) => translated(() => statement.all(...values) as Row[]),
  }
}

function translated<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storeFailure(error)
  }
}
