/** The most files that one drop brings: a whole disk is more than a browser can carry, or a person can look over. */
export const MOST_DROPPED = 500

/** What was dropped: files, those in folders too. */
export interface Dropped {
  readonly files: readonly File[]
  /** There were more than `MOST_DROPPED`. */
  readonly more: boolean
  /** Files and folders that the browser could not read. */
  readonly unreadable: number
}

/** Whether something that is dragged holds files, and not a text or a link. */
export function holdsFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes('Files') === true
}

/** Must be called while the drop event is handled: its items are gone afterwards. */
export function droppedFiles(transfer: DataTransfer): Promise<Dropped> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
  const roots = items.flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? [])
  return collect(roots)
}

async function collect(roots: readonly (FileSystemEntry | File)[]): Promise<Dropped> {
  const files: File[] = []
  const waiting = [...roots]
  let unreadable = 0
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (files.length === MOST_DROPPED) return { files, more: true, unreadable }
    try {
      if (next instanceof File) files.push(next)
      else if (isFile(next)) files.push(await fileOf(next))
      else if (isFolder(next)) waiting.unshift(...(await entriesOf(next)))
    } catch {
      // Deleted since, or not for this user: the browser's own error tells no more, and the others are still wanted.
      unreadable += 1
    }
  }
  return { files, more: false, unreadable }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject)
  })
}

/** A reader gives about a hundred at a time, and an empty list at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const found: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject)
    })
    if (some.length === 0) return found
    found.push(...some)
    if (found.length > MOST_DROPPED) return found
  }
}
