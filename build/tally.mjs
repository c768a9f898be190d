// `node build/tally.mjs NAME=STATUS …`: adds up what the test runs of these names wrote and prints one plain line,
// "N passed, N failed", at the end of it all. STATUS is a run's exit code. Exits 0 only if every run did and some test passed.

import { existsSync, readFileSync } from 'node:fs'
import { inProject } from './project.mjs'

/** @typedef {import('./results.mjs').Counts} Counts */

const runs = process.argv.slice(2).map((argument) => {
  const [name = '', status = '1'] = argument.split('=')
  return countsOf(name, Number(status))
})
const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** @param {keyof Counts} column */
function sum(column) {
  return runs.reduce((total, counts) => total + counts[column], 0)
}

/**
 * A run that failed without a failed test (the gate, set-up) counts as one failure.
 * @param {string} name @param {number} status
 * @returns {Counts}
 */
function countsOf(name, status) {
  const file = inProject('out', 'test-results', `${name}.json`)
  /** @type {Counts} */
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0, skipped: 0 }
  return { ...counts, failed: counts.failed === 0 && status !== 0 ? 1 : counts.failed }
}
