import { VaultError } from '#core/vocabulary/failures.ts'

export const DATABASE_FILE = 'vault.db'

/** SQLite's result codes (sqlite.org/rescode.html) by their primary code; all others are STORE_FAILED with the code as reason. */
const PRIMARY = [
  ['SQLITE_FULL', () => new VaultError('DISK_FULL', { file: DATABASE_FILE })],
  ['SQLITE_CORRUPT', () => new VaultError('VAULT_DAMAGED', { file: DATABASE_FILE, reason: 'a page does not authenticate' })],
  ['SQLITE_NOTADB', () => new VaultError('VAULT_DAMAGED', { file: DATABASE_FILE, reason: 'its first page does not authenticate' })],
] as const

/** What a caller of the store gets to see of an error of SQLite. Everything else comes back as it is. Never holds values of a row. */
export function storeFailure(error: unknown): unknown {
  const code = sqliteCode(error)
  if (code === undefined) return error
  const row = PRIMARY.find(([primary]) => code === primary || code.startsWith(`${primary}_`))
  return row ? row[1]() : new VaultError('STORE_FAILED', { reason: code })
}

/** SQLite's extended result code by name, such as `SQLITE_CONSTRAINT_UNIQUE`; undefined if it is no error of SQLite. By `code`, which all bindings set. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return error.code.startsWith('SQLITE_') ? error.code : undefined
}

/** A full disk as the file system says it. Everything else comes back as it is. */
export function fileFailure(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' ? new VaultError('DISK_FULL', { file }) : error
}
