import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { ignoreSystem, noneIfAbsent, writeFailure } from './failures.ts'
import { readFully } from './source.ts'
import { writeFully } from './write.ts'

/** Room that is left for the vault's own database, whatever is spooled: 64 MiB. */
const RESERVE = 67_108_864

export interface Spool {
  create(size: number): Promise<SpoolFile>
  /** Removes what earlier processes left. */
  clear(): Promise<void>
}

/** Files for what passes through: ciphertext only. 0600 in a 0700 folder. */
export function createSpool(folder: string): Spool {
  /** Bytes that each open file has been promised and has not written yet. */
  const promised = new Map<string, number>()

  async function requireRoom(size: number): Promise<void> {
    const room = await statfs(folder)
    const taken = [...promised.values()].reduce((sum, each) => sum + each, RESERVE)
    if (room.blocks > 0 && room.bavail * room.bsize < size + taken) throw new VaultError('DISK_FULL', { file: 'the spool' })
  }

  async function begin(size: number, name: string): Promise<FileHandle> {
    const path = join(folder, name)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await requireRoom(size)
      const handle = await open(path, 'wx+', 0o600)
      // Nameless from here on: the kernel frees it with our handle, however we end. Windows keeps the name until `close`.
      if (process.platform !== 'win32') await rm(path)
      return handle
    } catch (error) {
      throw writeFailure(error, 'the spool')
    }
  }

  return {
    async create(size) {
      const name = randomBytes(16).toString('hex')
      const handle = await begin(size, name)
      promised.set(name, size)
      let length = 0
      let closed = false
      return {
        get size() {
          return length
        },
        read: (into, position) => readFully(handle, into, position, 'the spool'),
        async write(parts) {
          await writeFully(handle, parts, 'the spool')
          for (const part of parts) length += part.length
          promised.set(name, Math.max(0, size - length))
        },
        async close() {
          if (closed) return
          closed = true
          promised.delete(name)
          await handle.close()
          await rm(join(folder, name), { force: true })
        },
      }
    },

    async clear() {
      const found = await readdir(folder).catch(noneIfAbsent)
      for (const name of found) if (!promised.has(name)) await rm(join(folder, name), { recursive: true, force: true }).catch(ignoreSystem)
    },
  }
}
