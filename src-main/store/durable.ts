import { closeSync, fchmodSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileFailure } from './failures.ts'

// Files that are there whole or not at all, also after a power failure: write, fsync, rename, fsync of the folder.
// On macOS, Node's fsync is F_FULLFSYNC (libuv).

/** Replaces a file by one rename. Throws DISK_FULL with the file's `name`; the old file then stays. */
export function replaceFile(path: string, bytes: Uint8Array, name: string, mode = 0o600): void {
  const fresh = `${path}.new`
  try {
    rmSync(fresh, { force: true })
    writeNew(fresh, bytes, mode)
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw fileFailure(error, name)
  }
  syncFolder(dirname(path))
}

/** Makes the content of a file durable. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes the names in a folder durable. Windows has no such call; NTFS journals names by itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Every file and folder below a folder, and the folder itself. */
export function syncTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const each = join(path, entry.name)
    if (entry.isDirectory()) syncTree(each)
    else if (entry.isFile()) syncFile(each)
  }
  syncFolder(path)
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    // Whatever the umask says.
    fchmodSync(file, mode)
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
