// `npm run check | build | bench | test:kill`: for a clone that is set up.

import { existsSync } from 'node:fs'
import { check } from './check.mjs'
import { inherit } from './child.mjs'
import { holdfastNode, withProjectPath } from './node.mjs'
import { build } from './output.mjs'
import { packagesMatchLock } from './packages.mjs'
import { runMain, say, SetUpError } from './progress.mjs'
import { inProject } from './project.mjs'
import { toolEnvironment } from './setup.mjs'

/** @type {Record<string, (args: string[]) => Promise<number>>} */
const tasks = {
  check: async () => ((await check()) ? 0 : 1),
  build: async () => {
    await build()
    return 0
  },
  bench: async (args) => {
    const entry = inProject('bench', 'main.ts')
    if (!existsSync(entry)) throw new SetUpError('There is no benchmark yet (bench/main.ts).')
    return inherit(holdfastNode(), [entry, ...args], { env: toolEnvironment(withProjectPath(process.env)) })
  },
  kill: async (args) => inherit(holdfastNode(), [inProject('test', 'services', 'kills', 'run.ts'), ...args], { env: toolEnvironment(withProjectPath(process.env)) }),
}

await runMain(async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const task = tasks[name]
  if (!task) {
    say(`usage: node build/run.mjs ${Object.keys(tasks).join('|')}`)
    return 2
  }
  if (!packagesMatchLock()) throw new SetUpError('The npm packages are not what package-lock.json says.', 'node build/setup.mjs')
  return task(args)
})
