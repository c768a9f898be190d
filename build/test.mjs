// `npm test`: sets up, builds, runs the gate, then the tests. `--all` adds the long ones, `--long-only` runs these alone
// (without the gate). Anything else goes to vitest: `npm test -- test/hsm -t 'wrong PIN'` runs just that, without the gate.

import { readdirSync } from 'node:fs'
import { check } from './check.mjs'
import { inherit } from './child.mjs'
import { holdfastNode } from './node.mjs'
import { buildIfStale } from './output.mjs'
import { runMain, say } from './progress.mjs'
import { inProject, root } from './project.mjs'
import { setUp } from './setup.mjs'

/** @typedef {'short' | 'all' | 'long'} Length which tests: without the long ones, all of them, the long ones alone */

const vitest = 'node_modules/vitest/vitest.mjs'

await runMain(async () => {
  const { length, rest } = readArguments(process.argv.slice(2))
  const env = await setUp({ tests: true })
  await buildIfStale()
  const wholeRun = rest.length === 0
  if (wholeRun && length !== 'long' && !(await check())) return 1
  if (length === 'long' && !hasLongTests()) {
    say('holdfast: there is no long test')
    return 0
  }
  const results = wholeRun ? { HOLDFAST_RESULTS: inProject('out', 'test-results', `${length}.json`) } : {}
  return inherit(holdfastNode(), [vitest, 'run', '--reporter=default', '--reporter=./build/results.mjs', ...rest], {
    cwd: root,
    env: { ...env, ...results, HOLDFAST_TESTS: length },
  })
})

/** @param {string[]} args @returns {{ length: Length, rest: string[] }} */
function readArguments(args) {
  const rest = args.filter((arg) => arg !== '--all' && arg !== '--long-only')
  if (args.includes('--long-only')) return { length: 'long', rest }
  return { length: args.includes('--all') || rest.length > 0 ? 'all' : 'short', rest }
}

function hasLongTests() {
  return readdirSync(inProject('test'), { recursive: true }).some((path) => String(path).endsWith('.long.test.ts'))
}
