import { VaultError } from '#core/vocabulary/failures.ts'

/** Why a file cannot be read or written, by the system's code; what is not here is told by its code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'its name is too long',
  EFBIG: 'its file system takes no file of that size',
  EBUSY: 'another program uses it',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk reports an error',
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])

/** An error of the system while reading as the port declares it; anything else comes back as it is. */
export function readFailure(error: unknown, file: string): unknown {
  const code = systemCode(error)
  return code === undefined ? error : new VaultError('FILE_UNREADABLE', { file, reason: reasonOf(code) })
}

/** The same for writing. */
export function writeFailure(error: unknown, file: string): unknown {
  const code = systemCode(error)
  if (code === undefined) return error
  if (FULL.has(code)) return new VaultError('DISK_FULL', { file })
  return new VaultError('FILE_UNWRITABLE', { file, reason: code === 'ENOENT' ? 'its folder does not exist' : reasonOf(code) })
}

/** The system's code of an error, such as `ENOENT`; undefined if it is none of the system's. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error ? error.code : undefined
}

/** For what is tried again another time: an error of the system is let be. */
export function ignoreSystem(error: unknown): undefined {
  if (systemCode(error) === undefined) throw error
}

/** For a folder that is made when it is first needed. */
export function noneIfAbsent(error: unknown): string[] {
  if (systemCode(error) === 'ENOENT') return []
  throw error
}

function reasonOf(code: string): string {
  return REASONS[code] ?? `the system says ${code}`
}

/** What a system says where there are no hard links. */
export const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])
