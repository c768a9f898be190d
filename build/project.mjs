// Where the project is, and where set-up may keep what it fetches. Node's own modules only, here and in all that set-up uses:
// these scripts run before anything is installed, on Node 20.

import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder, absolute. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A path below the project's folder. @param {string[]} parts */
export function inProject(...parts) {
  return join(root, ...parts)
}

/** The folders that may hold fetched tools, the preferred one first: another user's clone may be read-only. */
export function toolFolders() {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return [inProject('.tools'), join(cache, 'holdfast')]
}

/** The folder for newly fetched tools: the first of `toolFolders` that can be written. */
export function writableToolFolder() {
  const [own, cache] = toolFolders()
  return canWrite(existsSync(/** @type {string} */ (own)) ? /** @type {string} */ (own) : root) ? /** @type {string} */ (own) : /** @type {string} */ (cache)
}

/** @param {string} path */
function canWrite(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false // the answer is the exception's only news
  }
}
