// A vitest reporter that writes one run's counts to the file that HOLDFAST_RESULTS names, for the tally at the end of it all.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** vitest wants a default export. */
export default class Results {
  /**
   * A file that did not load and an error outside of all tests count as a failure each.
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} strayErrors
   */
  onTestRunEnd(modules, strayErrors) {
    /** @type {Counts} */
    const counts = { passed: 0, failed: strayErrors.length, skipped: 0 }
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) counts[columnOf(test.result().state)]++
    }
    const file = process.env['HOLDFAST_RESULTS']
    if (!file) return
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(counts))
  }
}

/** A test that was still pending when the run ended did not pass. @param {import('vitest/node').TestResult['state']} state */
function columnOf(state) {
  return state === 'pending' ? 'failed' : state
}
