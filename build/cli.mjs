// `npm run -s cli -- …`: builds first if the sources are newer, then becomes the built command line.
// Prints nothing of its own on stdout: that belongs to the command.

import { become, scriptArguments } from './child.mjs'
import { holdfastNode, withProjectPath } from './node.mjs'
import { buildIfStale, cliEntry } from './output.mjs'
import { packagesMatchLock } from './packages.mjs'
import { runMain } from './progress.mjs'
import { setUp, toolEnvironment } from './setup.mjs'

await runMain(async () => {
  const env = packagesMatchLock() ? toolEnvironment(withProjectPath(process.env)) : await setUp({ tests: false })
  await buildIfStale()
  return become(holdfastNode(), scriptArguments(cliEntry, process.argv.slice(2)), env)
})
