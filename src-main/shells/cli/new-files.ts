import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { VaultError } from '#core/vocabulary/failures.ts'

/** A small text file that a person named. Throws FILE_UNREADABLE. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new VaultError('FILE_UNREADABLE', { file: path, reason: reasonOf(error) })
  }
}

/** Writes a file that is not there yet, and the folders above it. Throws FILE_EXISTS, FILE_UNWRITABLE. */
export function writeNew(path: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { flag: 'wx' })
  } catch (error) {
    if (reasonOf(error) === 'EEXIST') throw new VaultError('FILE_EXISTS', { file: path })
    throw new VaultError('FILE_UNWRITABLE', { file: path, reason: reasonOf(error) })
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  throw error
}
