import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { FolderEntry, FolderPage } from '#core/ports/files.ts'
import { readFailure, systemCode } from './failures.ts'
import { requireAbsolute } from './source.ts'

/** One page of a folder, the person's own if none is named: see the port. */
export async function listFolder(named: string | undefined, page: { readonly after?: string | undefined; readonly limit: number }): Promise<FolderPage> {
  const folder = resolve(named ?? homedir())
  if (named !== undefined) requireAbsolute(named)
  const all = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw readFailure(error, folder)
  })
  const sorted = all.map((entry) => ({ entry, key: sortKey(entry) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  const { after } = page
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after)
  const shown = rest.slice(0, page.limit)
  const entries = await Promise.all(shown.map(({ entry }) => described(folder, entry)))
  return {
    folder,
    parent: dirname(folder) === folder ? undefined : dirname(folder),
    entries: entries.filter((entry) => entry !== undefined),
    total: all.length,
    next: rest.length > shown.length ? shown.at(-1)?.key : undefined,
  }
}

/** Folders before files, then by name. It is the page's cursor too, so that entries that come and go shift nothing. */
function sortKey(entry: Dirent): string {
  return `${kindOf(entry) === 'folder' ? 0 : 1}${entry.name}`
}

function kindOf(entry: Pick<Dirent, 'isDirectory' | 'isFile'>): FolderEntry['kind'] {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other'
}

/** Undefined if it has gone since the folder was read. */
async function described(folder: string, { name }: Dirent): Promise<FolderEntry | undefined> {
  const path = join(folder, name)
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === undefined) throw error
    return undefined
  })
  return stats && { name, path, kind: kindOf(stats), size: stats.size, modifiedAt: stats.mtimeMs }
}
