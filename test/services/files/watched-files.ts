import type { Files } from '#core/ports/files.ts'
import { createFiles } from '#files/files.ts'

/** Runs before each call of the port; what it throws is thrown in the call's place, and it may keep the call waiting. */
export type Watch = (call: 'read' | 'write' | 'commit' | 'spool.write', path: string) => Promise<void> | void

/** The real Files port over a real file system, watched. */
export function watchedFiles(homePath: string, watch: Watch, watching: () => boolean): Files {
  const files = createFiles(homePath)
  return {
    ...files,
    // The engine's threads do not pass by here: who watches has the work done on this thread.
    get engine() {
      return watching() ? undefined : files.engine
    },
    async open(path) {
      const source = await files.open(path)
      return {
        ...source,
        async read(into, position) {
          await watch('read', path)
          await source.read(into, position)
        },
      }
    },
    async create(file) {
      const target = await files.create(file)
      return {
        ...target,
        async write(parts) {
          await watch('write', file.name)
          await target.write(parts)
        },
        async commit() {
          await watch('commit', file.name)
          return target.commit()
        },
      }
    },
    async spool(size) {
      const spool = await files.spool(size)
      return {
        get size() {
          return spool.size
        },
        read: spool.read,
        close: spool.close,
        async write(parts) {
          await watch('spool.write', 'spool')
          await spool.write(parts)
        },
      }
    },
  }
}
