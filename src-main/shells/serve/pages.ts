import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

/** The built console: a closed list of files, read once, so that no request can name a path of the disk, and a new build does not mix with this one. */
export interface Pages {
  /** The page itself, with `__CSP_NONCE__` where each response's nonce belongs; undefined if the console is not built. */
  readonly index: string | undefined
  /** The file behind a request's path, as it stands in the URL; undefined if there is none. */
  file(path: string): Page | undefined
}

export interface Page {
  readonly type: string
  /** Its name holds a hash of its content: it never changes. */
  readonly immutable: boolean
  readonly body: Buffer
}

/** Reads the folder that the renderer was built into. A folder that does not exist gives no pages. */
export function readPages(folder: string): Pages {
  const files = new Map<string, Page>()
  for (const path of filesIn(folder)) {
    const type = types[extname(path)]
    if (type === undefined) continue
    const url = `/${relative(folder, path).split(sep).map(encodeURIComponent).join('/')}`
    files.set(url, { type, immutable: url.startsWith('/assets/'), body: readFileSync(path) })
  }
  const index = files.get('/index.html')?.body.toString('utf8')
  // The page goes out through `index` only, where it gets its nonce.
  files.delete('/index.html')
  return { index, file: (path) => files.get(path) }
}

/** What the console is made of; a file of another kind (a source map) is not served. */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

function filesIn(folder: string): string[] {
  return entries(folder)
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
