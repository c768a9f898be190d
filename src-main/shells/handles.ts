import { randomBytes } from 'node:crypto'

/** Opaque names for paths of the host, for a page that gives files without knowing where they are. */
export interface Handles {
  /** A new name for this absolute path. */
  issue(path: string): string
  /** Undefined for what is no name of ours. */
  path(handle: string): string | undefined
}

/** More than a person drops at once; the oldest make way. */
const MOST = 10_000

/** Names that mean nothing anywhere else: 128 random bits, forgotten with this object. */
export function createHandles(): Handles {
  const paths = new Map<string, string>()
  return {
    issue(path) {
      const handle = `handle:${randomBytes(16).toString('hex')}`
      paths.set(handle, path)
      const [oldest] = paths.keys()
      if (paths.size > MOST && oldest !== undefined) paths.delete(oldest)
      return handle
    },
    path: (handle) => paths.get(handle),
  }
}
