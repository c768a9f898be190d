// `npm start`: sets up, builds, and opens Holdfast. What follows `--` goes to `serve`.

import { become, scriptArguments } from './child.mjs'
import { holdfastNode } from './node.mjs'
import { buildIfStale, cliEntry } from './output.mjs'
import { runMain } from './progress.mjs'
import { setUp } from './setup.mjs'

await runMain(async () => {
  const env = await setUp({ tests: false })
  await buildIfStale()
  return become(holdfastNode(), scriptArguments(cliEntry, ['serve', '--open', ...process.argv.slice(2)]), env)
})
