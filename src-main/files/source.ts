import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { basename, dirname, isAbsolute } from 'node:path'
import type { SourceFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { readFailure } from './failures.ts'

/** Opens an ordinary file for reading: see the port. */
export async function openSource(path: string): Promise<SourceFile> {
  requireAbsolute(path)
  const { handle, stats } = await openOrdinary(path)
  const size = Number(stats.size)
  return {
    path,
    descriptor: handle.fd,
    folder: dirname(path),
    name: basename(path),
    size,
    facts: { modifiedAt: Number(stats.mtimeNs) / 1e6, mode: Number(stats.mode & 0o777n) },
    read: (into, position) => readFully(handle, into, position, path),

    async requireUnchanged() {
      const now = await handle.stat({ bigint: true })
      if (now.size !== stats.size || now.mtimeNs !== stats.mtimeNs) throw new VaultError('FILE_CHANGED', { file: path })
    },

    close: () => handle.close(),
  }
}

/** Fills the buffer. Throws FILE_CHANGED if the file ends before. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await handle.read(into, at, into.length - at, position + at).catch((error: unknown) => {
      throw readFailure(error, path)
    })
    if (bytesRead === 0) throw new VaultError('FILE_CHANGED', { file: path })
    at += bytesRead
  }
}

/** A relative path would be the owner's, who may stand elsewhere than the person who gave it. */
export function requireAbsolute(path: string): void {
  if (!isAbsolute(path)) throw new VaultError('ValidationException', { text: 'A path must be absolute.' })
}

async function openOrdinary(path: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK a pipe would hold us until somebody writes to it. Windows has neither flag (undefined is 0): there the look comes first.
    if (process.platform === 'win32') requireOrdinary(await lstat(path, { bigint: true }), path)
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stats = await handle.stat({ bigint: true })
    requireOrdinary(stats, path)
    return { handle, stats }
  } catch (error) {
    await handle?.close()
    throw readFailure(error, path)
  }
}

function requireOrdinary(stats: BigIntStats, path: string): void {
  const reason = stats.isDirectory() ? 'it is a folder' : stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is no ordinary file'
  if (!stats.isFile()) throw new VaultError('FILE_UNREADABLE', { file: path, reason })
}
