// Set-up: whatever is missing is installed, what is there is left alone. Says nothing if there is nothing to do.
// `node build/setup.mjs` does it by itself; `npm start` and `npm test` call it first.

import { pathToFileURL } from 'node:url'
import { chromiumPath, installChromium } from './chromium.mjs'
import { checkSystemNode, withProjectPath } from './node.mjs'
import { installPackages } from './packages.mjs'
import { runMain } from './progress.mjs'
import { installSoftHsm, softHsmPath } from './softhsm.mjs'

/**
 * Installs what is missing. Throws SetUpError.
 * @param {{ tests: boolean }} purpose whether the tests' needs count too
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for what follows
 */
export async function setUp({ tests }) {
  checkSystemNode()
  await installPackages()
  await installSoftHsm()
  if (tests) await installChromium()
  return toolEnvironment(withProjectPath(process.env))
}

/** An environment that also names the tools that were found. @param {NodeJS.ProcessEnv} env */
export function toolEnvironment(env) {
  const softHsm = softHsmPath()
  const chromium = chromiumPath()
  return { ...env, ...(softHsm ? { HOLDFAST_SOFTHSM: softHsm } : {}), ...(chromium ? { HOLDFAST_CHROMIUM: chromium } : {}) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    await setUp({ tests: true })
    return 0
  })
}
