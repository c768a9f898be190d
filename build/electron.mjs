// Electron: where its runtime is, whether it can start here, and what of ours it runs.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { capture, which } from './child.mjs'
import { holdfastNode } from './node.mjs'
import { buildConfig, hasNewer } from './output.mjs'
import { say, step } from './progress.mjs'
import { inProject } from './project.mjs'

/**
 * @typedef {object} Runtime
 * @property {string} path the executable
 * @property {string} version Electron's
 * @property {number} nodeApi the version of Node-API that addons find
 */

/** better-sqlite3-multiple-ciphers ends the process where there is less. */
const nodeApiOfTheStore = 10

/** The runtime at ELECTRON_OVERRIDE_DIST_PATH if that is set, else the one that Electron's package has fetched. Undefined if there is none that runs. */
export async function electronRuntime() {
  const named = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  const path = named ? join(named, executable()) : fetchedPath()
  if (path === undefined || !existsSync(path)) return undefined
  const asked = await capture(path, ['-p', '`${process.versions.electron} ${process.versions.napi}`'], { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, timeout: 20_000 })
  const [, version, nodeApi] = /^(\d+\.\d+\.\d+\S*) (\d+)$/m.exec(asked.output) ?? []
  return version === undefined ? undefined : { path, version, nodeApi: Number(nodeApi) }
}

/** Lets Electron's package fetch its runtime. True if it is there afterwards. */
export async function fetchElectron() {
  if (process.env['ELECTRON_OVERRIDE_DIST_PATH']) return false
  const script = inProject('node_modules', 'electron', 'install.js')
  if (!existsSync(script)) return false
  // Where there is no way out it fails within a second, and then one line (of the caller's) is enough.
  const slow = setTimeout(() => say('holdfast: fetching Electron, once …'), 3_000)
  const { code } = await capture(holdfastNode(), [script], { timeout: 600_000 })
  clearTimeout(slow)
  return code === 0 && fetchedPath() !== undefined
}

/** Why no window can be opened here; undefined if one can. */
export function whyNoWindow() {
  // Electron does not start headless: it ends with 139.
  return process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'] ? 'there is no display' : undefined
}

/**
 * Why Chromium cannot start its sandbox on this Linux for an ordinary user; undefined if it can.
 * It takes user namespaces, or else a helper beside the runtime that belongs to root.
 * @param {Runtime} runtime
 */
export async function whyNoSandbox({ path }) {
  if (process.platform !== 'linux' || runsAsRoot()) return undefined
  const helper = join(path, '..', 'chrome-sandbox')
  const found = statSync(helper, { throwIfNoEntry: false })
  if (found?.uid === 0 && (found.mode & 0o7777) === 0o4755) return undefined
  if (!which('unshare') || (await capture('unshare', ['--user', '--map-root-user', 'true'])).code === 0) return undefined
  return `Chromium cannot start its sandbox here (sudo chown root ${helper} && sudo chmod 4755 ${helper})`
}

/** Root can have no sandbox and has to say so. */
export function runsAsRoot() {
  return process.platform === 'linux' && process.getuid?.() === 0
}

/**
 * What the runtime is started with: our main file and, for root, the switch that Chromium demands.
 * @param {Runtime} runtime
 */
export async function electronArguments(runtime) {
  return [...(runsAsRoot() ? ['--no-sandbox'] : []), await electronMain(runtime)]
}

/** Whether the database binding that ships cannot be loaded by this runtime. @param {Runtime} runtime */
export function isOldRuntime({ nodeApi }) {
  return nodeApi < nodeApiOfTheStore
}

/**
 * The built main file for this runtime. For one that is too old for the database binding that ships, a build with another binding is made
 * (under the AGPL, so for this machine only).
 * @param {Runtime} runtime
 */
export async function electronMain(runtime) {
  return isOldRuntime(runtime) ? await mainForOldRuntimes() : inProject('out', 'electron', 'main.js')
}

/** The main file of the build for old runtimes, which is made if it is not there or no longer right. */
export async function mainForOldRuntimes() {
  const main = inProject('out', 'electron-old-runtime', 'main.js')
  const built = statSync(main, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (['src-main', 'test/electron/sqlcipher.ts', 'test/electron/switches.ts', 'vite.electron.config.ts'].some((path) => hasNewer(inProject(path), built))) {
    await step('building for an older Electron', () => buildConfig('vite.electron.config.ts', ['--mode', 'old-runtime']))
  }
  return main
}

function fetchedPath() {
  const folder = inProject('node_modules', 'electron')
  const file = join(folder, 'path.txt')
  return existsSync(file) ? join(folder, 'dist', readFileSync(file, 'utf8').trim()) : undefined
}

function executable() {
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron'
  return process.platform === 'win32' ? 'electron.exe' : 'electron'
}
