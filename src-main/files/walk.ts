import type { Dirent } from 'node:fs'
import { lstat, mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { WalkedFile, WalkedTree } from '#core/ports/files.ts'
import { readFailure, systemCode, writeFailure } from './failures.ts'
import { requireAbsolute } from './source.ts'
import { syncFolder } from './target.ts'

/** Everything below a folder: see the port. Links are not followed, so no file comes twice and none from elsewhere. */
export async function walkFolder(root: string): Promise<WalkedTree> {
  requireAbsolute(root)
  await requireFolder(root)
  const files: WalkedFile[] = []
  const refused: { path: string; reason: string }[] = []
  const folders: Buffer[] = [Buffer.from(root)]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = folder.toString()
    const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch((error: unknown) => {
      refused.push({ path, reason: reasonOf(error, path) })
      return []
    })
    for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
      const name = entry.name.toString()
      const there = join(path, name)
      // What we would write under another name than it has is better left alone.
      if (!Buffer.from(name).equals(entry.name)) refused.push({ path: there, reason: 'its name is no UTF-8' })
      else if (entry.isDirectory()) folders.push(Buffer.from(there))
      else if (!entry.isFile()) refused.push({ path: there, reason: kindOf(entry) })
      else await lstat(there).then(
          ({ size }) => files.push({ path: there, folder: path, within: relative(root, path), name, size }),
          (error: unknown) => refused.push({ path: there, reason: reasonOf(error, there) }),
        )
    }
  }
  return { files, refused }
}

/** Makes folders that are not there, readable by their owner only. */
export async function makeFolders(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    requireAbsolute(path)
    await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw writeFailure(error, path)
    })
  }
}

/** Makes the names in folders durable. */
export async function syncFolders(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await syncFolder(path).catch((error: unknown) => {
      throw writeFailure(error, path)
    })
  }
}

async function requireFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    await handle.close()
    await readdir(path)
  } catch (error) {
    throw readFailure(error, path)
  }
}

function kindOf(entry: Dirent<Buffer>): string {
  return entry.isSymbolicLink() ? 'it is a symbolic link' : 'it is no ordinary file'
}

/** Throws what is no error of the system. */
function reasonOf(error: unknown, path: string): string {
  if (systemCode(error) === undefined) throw error
  const failure = readFailure(error, path)
  return failure instanceof Error ? failure.message.replace(`${path} cannot be read: `, '').replace(/\.$/, '') : dirname(path)
}
