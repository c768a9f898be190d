// What is built below out/, and whether it is older than what it was built from.

import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { capture } from './child.mjs'
import { holdfastNode, withProjectPath } from './node.mjs'
import { say, SetUpError, step } from './progress.mjs'
import { inProject, root } from './project.mjs'

/** The command line's built entry, absolute. */
export const cliEntry = inProject('out', 'serve', 'cli.js')

const stamp = inProject('out', 'built') // its time is when the last good build began
const lock = inProject('out', 'building') // holds the id of the process that builds
const vite = 'node_modules/vite/bin/vite.js'

/** Vite's, one for each thing that is built. */
const configs = ['vite.serve.config.ts', 'vite.electron.config.ts', 'vite.preload.config.ts', 'src-renderer/vite.config.ts', 'src-renderer/windows/vite.config.ts']

/** Everything that the output is made from. A folder's own time tells of files that were removed. */
const sources = ['src-main', 'src-renderer', 'package.json', 'package-lock.json', ...configs.filter((path) => !path.startsWith('src-')), 'tsconfig.base.json', 'build/output.mjs']

/** Whether a build is needed: something that the output is made from is newer than it, or it is not there. */
export function outputIsStale() {
  if (!existsSync(stamp) || !existsSync(cliEntry)) return true
  const built = statSync(stamp).mtimeMs
  return sources.some((path) => hasNewer(inProject(path), built))
}

/** Builds if `outputIsStale`; of several that come at once, one builds and the others wait for it. Throws SetUpError. */
export async function buildIfStale() {
  if (!outputIsStale()) return
  const release = await takeLock()
  try {
    if (outputIsStale()) await step('building', buildEverything)
  } finally {
    release()
  }
}

/** Builds all that can be built. Throws SetUpError. */
export async function build() {
  const release = await takeLock()
  try {
    await step('building', buildEverything)
  } finally {
    release()
  }
}

async function buildEverything() {
  const began = new Date()
  const outcomes = await Promise.allSettled(configs.filter((path) => existsSync(inProject(path))).map((config) => buildConfig(config)))
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [/** @type {Error} */ (outcome.reason).message] : []))
  if (failed.length > 0) throw new SetUpError(failed.join('\n'))
  writeFileSync(stamp, '')
  utimesSync(stamp, began, began)
}

/**
 * Runs Vite with one of its configurations. Throws SetUpError.
 * @param {string} config
 * @param {readonly string[]} [options] for Vite
 */
export async function buildConfig(config, options = []) {
  const args = [vite, 'build', '--config', config, '--logLevel', 'warn', ...options, ...rootOf(config)]
  // Whoever asks for the build (vitest says `test`) must not change what is built: Vue has a build for developers.
  const { code, output } = await capture(holdfastNode(), args, { cwd: root, env: { ...withProjectPath(process.env), NODE_ENV: 'production' } })
  if (code !== 0) throw new SetUpError(`the build of ${config} failed:\n${output.trim()}`, `cd ${root} && npm run build`)
  if (output.trim()) say(output.trim())
}

/** A page's config lies in the page's folder, which is its root. @param {string} config */
function rootOf(config) {
  return config.startsWith('src-renderer/') ? [dirname(config)] : []
}

/** Whether a file, or anything in a folder, is newer than this. @param {string} path @param {number} time @returns {boolean} */
export function hasNewer(path, time) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return false
  if (found.mtimeMs > time) return true
  return found.isDirectory() && readdirSync(path).some((name) => hasNewer(join(path, name), time))
}

/** Waits until no other process builds. Resolves to the function that lets the next one go on. */
async function takeLock() {
  mkdirSync(join(lock, '..'), { recursive: true })
  while (!tryToLock()) {
    if (!lockOwnerLives()) rmSync(lock, { force: true })
    else await wait(100)
  }
  return () => rmSync(lock, { force: true })
}

function tryToLock() {
  try {
    const file = openSync(lock, 'wx')
    writeFileSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/** A builder that was killed leaves its lock behind. */
function lockOwnerLives() {
  try {
    const id = Number.parseInt(readFileSync(lock, 'utf8'), 10)
    if (Number.isNaN(id)) return true // just made, not yet written
    process.kill(id, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' // alive, and another user's
  }
}
