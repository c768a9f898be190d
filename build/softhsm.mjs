// SoftHSM, the HSM in software that Holdfast uses where there is no other, and that the tests use always.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './child.mjs'
import { installSystemPackages, isDebian, isRoot, unpackPackages } from './debian.mjs'
import { say, SetUpError, step } from './progress.mjs'
import { toolFolders, writableToolFolder } from './project.mjs'

/** Where packages put the library, by platform. */
const installedAt = {
  linux: [
    '/usr/lib/softhsm/libsofthsm2.so', // Debian, Ubuntu, Arch
    '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
    '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
    '/usr/lib64/softhsm/libsofthsm2.so',
    '/usr/lib64/pkcs11/libsofthsm2.so', // Fedora
    '/usr/lib64/libsofthsm2.so',
    '/usr/local/lib/softhsm/libsofthsm2.so',
  ],
  darwin: ['/opt/homebrew/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'],
  win32: ['C:\\SoftHSM2\\lib\\softhsm2-x64.dll', 'C:\\Program Files\\SoftHSM2\\lib\\softhsm2-x64.dll'],
}

/** What a person runs where we cannot install it. */
const byHand = {
  linux: 'sudo apt-get install softhsm2   (Fedora: sudo dnf install softhsm, Arch: sudo pacman -S softhsm)',
  darwin: 'brew install softhsm',
  win32: 'winget install SoftHSM2, or the installer of https://github.com/disig/SoftHSM2-for-Windows',
}

/** The absolute path of SoftHSM's library: HOLDFAST_SOFTHSM, an installed one, or the one that set-up fetched. Undefined if there is none. */
export function softHsmPath() {
  const named = process.env['HOLDFAST_SOFTHSM']
  if (named) return existsSync(named) ? named : undefined
  return rowOf(installedAt, []).find((path) => existsSync(path)) ?? fetchedPath()
}

/** Installs or fetches SoftHSM if there is none. Throws SetUpError. */
export async function installSoftHsm() {
  if (softHsmPath()) return
  const named = process.env['HOLDFAST_SOFTHSM']
  if (named) throw new SetUpError(`HOLDFAST_SOFTHSM names ${named}, which is not there.`)
  if (!isDebian()) throw new SetUpError('SoftHSM was not found.', rowOf(byHand, byHand.linux))
  if (isRoot()) await step('installing SoftHSM (softhsm2)', () => installSystemPackages(['softhsm2']))
  else await step('fetching SoftHSM for this user', () => fetchSoftHsm(join(writableToolFolder(), 'softhsm')))
  const path = softHsmPath()
  if (!path) throw new SetUpError('SoftHSM was installed, but its library is not where it was expected.', byHand.linux)
}

/**
 * Fetches SoftHSM's packages and unpacks them into `folder`. Throws SetUpError.
 * @param {string} folder
 */
export async function fetchSoftHsm(folder) {
  await unpackPackages(['libsofthsm2', 'softhsm2'], folder, { withMissingDependencies: false })
  const library = libraryBelow(folder)
  if (!library) throw new SetUpError('The package libsofthsm2 has no library where it was expected.', byHand.linux)
  const missing = [...(await capture('ldd', [library])).output.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name)
  if (missing.length > 0) throw new SetUpError(`SoftHSM was fetched, but this system lacks ${missing.join(', ')}.`, byHand.linux)
  say(`holdfast: SoftHSM is at ${library}`)
}

function fetchedPath() {
  for (const folder of toolFolders()) {
    const library = libraryBelow(join(folder, 'softhsm'))
    if (library) return library
  }
  return undefined
}

/** The library in an unpacked package: below usr/lib, or usr/lib/<architecture>. @param {string} folder */
function libraryBelow(folder) {
  const lib = join(folder, 'usr', 'lib')
  if (!existsSync(lib)) return undefined
  const candidates = [lib, ...readdirSync(lib).map((name) => join(lib, name))].map((path) => join(path, 'softhsm', 'libsofthsm2.so'))
  return candidates.find((path) => existsSync(path))
}

/**
 * The table's row for this platform.
 * @template T
 * @param {Partial<Record<NodeJS.Platform, T>>} table
 * @param {T} otherwise
 */
function rowOf(table, otherwise) {
  return table[process.platform] ?? otherwise
}
