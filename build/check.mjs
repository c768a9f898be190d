// The gate: types, lint, layers. Silent but for one line, unless something is wrong.

import { existsSync } from 'node:fs'
import { capture } from './child.mjs'
import { holdfastNode, withProjectPath } from './node.mjs'
import { say } from './progress.mjs'
import { inProject, root } from './project.mjs'

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string[][]} commands run one after the other: a script of node_modules, then its arguments
 */

const tsc = ['node_modules/typescript/bin/tsc']
const vueTsc = ['node_modules/vue-tsc/bin/vue-tsc.js']
const eslint = ['node_modules/eslint/bin/eslint.js']
const depcruise = ['node_modules/dependency-cruiser/bin/dependency-cruiser.mjs']

/** Runs the gate's parts side by side. Resolves to true if nothing is wrong. */
export async function check() {
  const started = performance.now()
  const results = await Promise.all(parts().map(runPart))
  const failed = results.filter((result) => result.output !== undefined)
  for (const { name, output } of failed) say(`\n── ${name} ──\n${output}`)
  const times = results.map(({ name, seconds, output }) => `${name} ${seconds} s${output === undefined ? '' : ' ✗'}`).join(', ')
  say(`check: ${failed.length === 0 ? 'all fine' : `${failed.map((result) => result.name).join(' and ')} failed`} (${times}; together ${secondsSince(started)} s)`)
  return failed.length === 0
}

/** @returns {Part[]} */
function parts() {
  const page = existsSync(inProject('src-renderer', 'tsconfig.json'))
  const sources = ['src-main', 'src-renderer', 'test', 'bench'].filter((folder) => existsSync(inProject(folder)))
  return [
    // The page's check reads the types that `tsc -b` writes.
    { name: 'types', commands: [[...tsc, '-b'], ...(page ? [[...vueTsc, '--noEmit', '-p', 'src-renderer']] : [])] },
    { name: 'lint', commands: [[...eslint, '--max-warnings=0', '.']] },
    { name: 'layers', commands: [[...depcruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...sources, 'build']] },
  ]
}

/** @param {Part} part */
async function runPart({ name, commands }) {
  const started = performance.now()
  for (const command of commands) {
    const { code, output } = await capture(holdfastNode(), command, { cwd: root, env: withProjectPath(process.env) })
    if (code !== 0) return { name, seconds: secondsSince(started), output: output.trim() || `${command.join(' ')} ended with ${code}` }
  }
  return { name, seconds: secondsSince(started), output: undefined }
}

/** @param {number} started */
function secondsSince(started) {
  return ((performance.now() - started) / 1000).toFixed(1)
}
