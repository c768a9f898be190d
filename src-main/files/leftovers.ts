import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ignoreSystem, noneIfAbsent, writeFailure } from './failures.ts'

// An unfinished file has a note in the home from before it exists until it has its name or is gone. Only the home's owner writes notes,
// and the kernel gives a home one owner at a time: so a note that this process did not write is of one that has ended, and what it names
// is a leftover. No pid, no age, no guess. Each note is a file of its own, named as the `.part` is.

export interface Leftovers {
  /** A new name for a file in this folder, noted. Throws DISK_FULL, FILE_UNWRITABLE (of the note). */
  note(folder: string): Promise<Note>
  /** One note for many files in these folders, each named `part`, a number and `.part`. */
  noteBatch(folders: readonly string[]): Promise<BatchNote>
  /** Removes what earlier processes noted. */
  remove(): Promise<void>
}

export interface Note {
  /** Absolute. */
  readonly path: string
  /** The file has its own name now, or is gone. Never throws: a note without a file does no harm. */
  strike(): Promise<void>
}

export interface BatchNote {
  /** What the name of each file begins with. */
  readonly part: string
  strike(): Promise<void>
}

/** Says nothing of what is in it, cannot be guessed, and is never too long for the file system. */
function partName(id: string): string {
  return `.holdfast-${id}.part`
}

function batchPart(id: string): string {
  return `.holdfast-${id}-`
}

export function createLeftovers(folder: string): Leftovers {
  const own = new Set<string>()

  async function removeOne(id: string): Promise<void> {
    const path = await readFile(join(folder, id), 'utf8')
    if (path.startsWith('[')) return removeBatch(id, path)
    // A note is written whole before its file is made: one that was cut has no file.
    if (basename(path) === partName(id) && (await isThere(dirname(path), 'folder'))) {
      if (await isThere(path, 'file')) await rm(path, { force: true })
    } else if (basename(path) === partName(id)) {
      // Its disk is not there now. It may come back.
      return
    }
    await rm(join(folder, id), { force: true })
  }

  /** A note that was cut has no file yet. A folder that is away now is looked for again another time. */
  async function removeBatch(id: string, text: string): Promise<void> {
    const folders = text.endsWith(']') ? (JSON.parse(text) as string[]) : []
    const found = await Promise.all(folders.map(async (each) => ({ each, names: await namesIn(each) })))
    for (const { each, names = [] } of found) {
      for (const name of names) if (name.startsWith(batchPart(id)) && name.endsWith('.part')) await rm(join(each, name), { force: true })
    }
    if (found.every(({ names }) => names !== undefined)) await rm(join(folder, id), { force: true })
  }

  /** Writes a new note. */
  async function write(id: string, text: string): Promise<() => Promise<void>> {
    own.add(id)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, id), text, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      own.delete(id)
      throw writeFailure(error, join(folder, id))
    }
    return async () => {
      await rm(join(folder, id), { force: true }).catch(ignoreSystem)
      own.delete(id)
    }
  }

  return {
    async note(target) {
      const id = randomBytes(16).toString('hex')
      const path = join(target, partName(id))
      return { path, strike: await write(id, path) }
    },

    async noteBatch(folders) {
      const id = randomBytes(16).toString('hex')
      return { part: batchPart(id), strike: await write(id, JSON.stringify(folders)) }
    },

    async remove() {
      const found = await readdir(folder).catch(noneIfAbsent)
      for (const id of found) if (/^[0-9a-f]{32}$/.test(id) && !own.has(id)) await removeOne(id).catch(ignoreSystem)
    },
  }
}

async function isThere(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  const stats = await lstat(path).catch(ignoreSystem)
  return kind === 'file' ? stats?.isFile() === true : stats?.isDirectory() === true
}

/** Undefined where the folder cannot be read now. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder)
  } catch (error) {
    ignoreSystem(error)
    return undefined
  }
}
