import { type FileHandle, link, lstat, open, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { numberedName } from '#core/files/names.ts'
import type { NewFile, TargetFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { NO_LINKS, systemCode, writeFailure } from './failures.ts'
import type { Leftovers } from './leftovers.ts'
import { readFully, requireAbsolute } from './source.ts'
import { writeFully } from './write.ts'

/** Begins a file that gets its name only when it is whole and on the disk: see the port. */
export async function createTarget(file: NewFile, leftovers: Leftovers): Promise<TargetFile> {
  const wanted = join(file.folder, file.name)
  requireAbsolute(file.folder)
  await requireFree(file, wanted)
  await requireRoom(file.folder, file.size, wanted)
  const note = await leftovers.note(file.folder)
  let handle: FileHandle
  try {
    handle = await open(note.path, 'wx+', 0o600)
  } catch (error) {
    await note.strike()
    throw writeFailure(error, wanted)
  }
  let done = false

  async function close(): Promise<void> {
    await handle.close()
  }

  return {
    path: wanted,
    descriptor: handle.fd,
    write: (parts) => writeFully(handle, parts, wanted),
    read: (into, position) => readFully(handle, into, position, wanted),

    async commit() {
      try {
        await carryOver(handle, file)
        await handle.sync()
        await close()
        const path = await giveName(note.path, file)
        done = true
        await syncFolder(file.folder)
        await note.strike()
        return path
      } catch (error) {
        throw writeFailure(error, wanted)
      }
    },

    async discard() {
      if (done) return
      done = true
      await close().catch(() => undefined) // closed already, or the disk failed: it is removed in any case
      const left = await rm(note.path, { force: true }).then(() => false, () => true)
      // The note stays with what could not be removed: the next run tries again.
      if (!left) await note.strike()
    },
  }
}

async function requireFree(file: NewFile, path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw writeFailure(error, path)
  })
  if (stats === undefined || file.existing === 'keep-both') return
  if (file.existing === 'refuse') throw new VaultError('FILE_EXISTS', { file: path })
  const reason = stats.isDirectory() ? 'it is a folder' : stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is no ordinary file'
  if (!stats.isFile()) throw new VaultError('FILE_UNWRITABLE', { file: path, reason })
}

/** Better said before an hour of work than after it. A file system that does not know says nothing, and the write will tell. */
async function requireRoom(folder: string, size: number, path: string): Promise<void> {
  const room = await statfs(folder, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw writeFailure(error, path)
    return undefined
  })
  if (room !== undefined && room.blocks > 0n && room.bavail * room.bsize < BigInt(size)) throw new VaultError('DISK_FULL', { file: path })
}

/** Time and mode are a service, not a promise: FAT and some network file systems have no modes. */
async function carryOver(handle: FileHandle, { facts }: NewFile): Promise<void> {
  const seconds = facts.modifiedAt / 1000
  await handle.utimes(seconds, seconds).catch(tolerate)
  await handle.chmod(facts.mode).catch(tolerate)
}

/** In one step, and without a moment in which the name could take another's file with it. */
async function giveName(part: string, file: NewFile): Promise<string> {
  const wanted = join(file.folder, file.name)
  if (file.existing === 'replace') {
    await rename(part, wanted)
    return wanted
  }
  for (let n = 1; ; n++) {
    const path = n === 1 ? wanted : join(file.folder, numberedName(file.name, n))
    if (await nameIfFree(part, path)) return path
    if (file.existing === 'refuse') throw new VaultError('FILE_EXISTS', { file: wanted })
  }
}

/** False if the name is taken. */
async function nameIfFree(part: string, path: string): Promise<boolean> {
  try {
    // A rename would replace whatever has come meanwhile; a link never does.
    await link(part, path)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return false
    if (code !== undefined && NO_LINKS.has(code)) return renameIfFree(part, path)
    throw error
  }
  await rm(part)
  return true
}

/** File systems without hard links, such as FAT: a name is taken first, by an empty file. */
async function renameIfFree(part: string, path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close()
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
  await rename(part, path)
  return true
}

/** Makes the name durable. Windows has no such call, nor have some network file systems. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync().catch(tolerate)
  } finally {
    await folder.close()
  }
}

const TOLERATED: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

function tolerate(error: unknown): void {
  if (!TOLERATED.has(systemCode(error) ?? '')) throw error
}
