// Debian's and Ubuntu's packages: installed by root, or fetched and unpacked into a folder of ours by anybody else.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { capture, which } from './child.mjs'
import { SetUpError } from './progress.mjs'

/** Whether apt-get and dpkg are here. */
export function isDebian() {
  if (process.platform !== 'linux' || !which('apt-get') || !which('dpkg')) return false
  return existsSync('/etc/debian_version')
}

/** Whether we may install packages for the whole system. */
export function isRoot() {
  return process.getuid?.() === 0
}

/**
 * Installs packages for the whole system. Throws SetUpError.
 * @param {readonly string[]} names
 */
export async function installSystemPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => capture('apt-get', ['install', '-y', '--no-install-recommends', ...names], { env })
  let outcome = await (systemListsAreThere() ? install() : updateAnd(install, env))
  // Lists that are there may be old: the versions they name are gone from the archive.
  if (outcome.code !== 0) outcome = await updateAnd(install, env)
  if (outcome.code !== 0) throw new SetUpError(`apt-get could not install ${names.join(' ')}:\n${lastLines(outcome.output)}`, `apt-get update && apt-get install ${names.join(' ')}`)
}

/**
 * Fetches packages as an ordinary user and unpacks them into `folder`, with lists and a cache of our own where the system's do not do.
 * `folder` exists afterwards only if all of it is there. Throws SetUpError.
 * @param {readonly string[]} names
 * @param {string} folder
 * @param {{ withMissingDependencies: boolean }} options fetch also what the packages need and this system lacks
 */
export async function unpackPackages(names, folder, { withMissingDependencies }) {
  const parent = join(folder, '..')
  mkdirSync(parent, { recursive: true })
  const work = mkdtempSync(join(parent, 'fetch-'))
  try {
    const download = join(work, 'download')
    const tree = join(work, 'tree')
    for (const path of [download, tree, join(work, 'lists', 'partial'), join(work, 'cache', 'archives', 'partial')]) mkdirSync(path, { recursive: true })
    const ownCache = ['-o', `Dir::Cache=${join(work, 'cache')}`, '-o', 'APT::Sandbox::User=', '-o', 'Debug::NoLocking=1']
    const ownLists = [...ownCache, '-o', `Dir::State=${work}`, '-o', `Dir::State::lists=${join(work, 'lists')}`, '-o', 'Dir::State::status=/var/lib/dpkg/status']

    let outcome = systemListsAreThere() ? await fetchPackages(names, download, ownCache, withMissingDependencies) : undefined
    if (outcome?.code !== 0) {
      const update = await capture('apt-get', [...ownLists, 'update'])
      outcome = await fetchPackages(names, download, ownLists, withMissingDependencies)
      if (outcome.code !== 0) throw new SetUpError(`apt-get could not fetch ${names.join(' ')}:\n${lastLines(`${update.output}${outcome.output}`)}`)
    }
    for (const file of readdirSync(download).filter((name) => name.endsWith('.deb'))) {
      const unpacked = await capture('dpkg', ['-x', join(download, file), tree])
      if (unpacked.code !== 0) throw new SetUpError(`dpkg could not unpack ${file}:\n${lastLines(unpacked.output)}`)
    }
    rmSync(folder, { recursive: true, force: true })
    const moved = await capture('mv', [tree, folder])
    if (moved.code !== 0) throw new SetUpError(`${folder} could not be written:\n${lastLines(moved.output)}`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/**
 * @param {readonly string[]} names
 * @param {string} folder
 * @param {readonly string[]} options
 * @param {boolean} withMissingDependencies
 */
async function fetchPackages(names, folder, options, withMissingDependencies) {
  if (!withMissingDependencies) return capture('apt-get', [...options, 'download', ...names], { cwd: folder })
  // A simulated installation lists exactly what this system lacks, each as `Inst NAME (VERSION …)`.
  const plan = await capture('apt-get', [...options, '--simulate', '--no-install-recommends', 'install', ...names])
  if (plan.code !== 0) return plan
  const missing = [...plan.output.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(([, name = '', version = '']) => `${name}=${version}`)
  return capture('apt-get', [...options, 'download', ...missing], { cwd: folder })
}

/** @param {() => Promise<import('./child.mjs').Outcome>} install @param {NodeJS.ProcessEnv} env */
async function updateAnd(install, env) {
  await capture('apt-get', ['update'], { env }) // what it could not do shows in what follows
  return install()
}

function systemListsAreThere() {
  const folder = '/var/lib/apt/lists'
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('_Packages'))
}

/** @param {string} output */
function lastLines(output) {
  return output.trimEnd().split('\n').slice(-8).join('\n')
}

/** The name in /etc/os-release, for messages; "this system" if there is none. */
export function systemName() {
  const file = '/etc/os-release'
  if (!existsSync(file)) return 'this system'
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'this system'
}
