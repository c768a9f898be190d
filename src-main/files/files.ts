import { join } from 'node:path'
import type { Files } from '#core/ports/files.ts'
import { createEngine } from './engine/engine.ts'
import { listFolder } from './folder.ts'
import { createLeftovers } from './leftovers.ts'
import { openSource } from './source.ts'
import { createSpool } from './spool.ts'
import { createTarget } from './target.ts'
import { makeFolders, syncFolders, walkFolder } from './walk.ts'

/** The Files port over the host's file system. `home` is the vault's folder: it keeps note of unfinished files, and the spool. */
export function createFiles(home: string): Files {
  const leftovers = createLeftovers(join(home, 'unfinished'))
  const spool = createSpool(join(home, 'spool'))
  return {
    open: openSource,
    create: (file) => createTarget(file, leftovers),
    spool: (size) => spool.create(size),
    list: listFolder,
    walk: walkFolder,
    makeFolders,
    syncFolders,
    engine: createEngine(leftovers),
    async removeLeftovers() {
      await leftovers.remove()
      await spool.clear()
    },
  }
}
