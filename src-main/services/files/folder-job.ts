import type { SmallFile, SmallOutcome, WalkedFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Job, Jobs } from './jobs.ts'

/** What became of a folder's files. */
export interface FolderResult {
  /** Where the results are. */
  readonly folder: string
  /** Files that were done. */
  readonly files: number
  /** Bytes of the results. */
  readonly size: number
  /** How many were not; `failures` names the first thousand. */
  readonly failed: number
  readonly failures: readonly FolderFailure[]
}

export interface FolderFailure {
  readonly path: string
  /** A code of the table of failures. */
  readonly code: string
  readonly text: string
}

const MOST_NAMED = 1000

/** Counts what is done, tells it to whoever waits, and ends the work when nobody does any more. */
export interface Tally {
  done(path: WalkedFile, size: number): void
  failed(path: string, error: unknown): void
  /** Of files that threads did; what is to be done elsewhere is not counted. */
  small(files: readonly WalkedFile[], outcomes: readonly SmallOutcome[], folder: (file: WalkedFile) => string): WalkedFile[]
  /** Throws CANCELLED. */
  proceed(bytes: number): void
  result(folder: string): FolderResult
}

export function createTally(jobs: Jobs, job: Job, total: number, count: number): Tally {
  const failures: FolderFailure[] = []
  let [files, size, failed, passed] = [0, 0, 0, 0]

  function proceed(bytes: number): void {
    jobs.proceed(job, { done: Math.min(total, passed + bytes), total, files, of: count, failed })
  }

  function note(path: string, error: unknown): void {
    if (!(error instanceof VaultError)) throw error
    // These are no fault of one file.
    if (error.code === 'CANCELLED' || error.code === 'DISK_FULL') throw error
    failed += 1
    if (failures.length < MOST_NAMED) failures.push({ path, code: error.code, text: error.message })
  }

  return {
    done(file, bytes) {
      files += 1
      size += bytes
      passed += file.size
    },
    failed: note,
    small(all, outcomes, folder) {
      const elsewhere: WalkedFile[] = []
      all.forEach((file, at) => {
        const outcome = outcomes[at] ?? { outcome: 'elsewhere' }
        if (outcome.outcome === 'elsewhere') {
          elsewhere.push(file)
          return
        }
        passed += file.size
        if (outcome.outcome === 'done') {
          files += 1
          size += outcome.size
        } else note(file.path, failureOf(file.path, folder(file), outcome))
      })
      return elsewhere
    },
    proceed,
    result: (folder) => ({ folder, files, size, failed, failures }),
  }
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])

function failureOf(path: string, folder: string, outcome: Exclude<SmallOutcome, { outcome: 'done' }>): VaultError {
  switch (outcome.outcome) {
    case 'exists':
      return new VaultError('FILE_EXISTS', { file: folder })
    case 'changed':
      return new VaultError('FILE_CHANGED', { file: path })
    case 'system': {
      if (FULL.has(outcome.code)) return new VaultError('DISK_FULL', { file: folder })
      const reason = `the system says ${outcome.code}`
      return outcome.side === 'read' ? new VaultError('FILE_UNREADABLE', { file: path, reason }) : new VaultError('FILE_UNWRITABLE', { file: folder, reason })
    }
    case 'elsewhere':
    case 'not-authentic':
      return new VaultError('NOT_AUTHENTIC', { what: path })
  }
}

/** The files as threads take them. */
export function asSmall(files: readonly WalkedFile[], folder: (file: WalkedFile) => string, target: (name: string) => string): SmallFile[] {
  return files.map((file, number) => ({ path: file.path, folder: folder(file), target: target(file.name), number }))
}
