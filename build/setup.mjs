// Set-up: whatever is missing is installed, what is there is left alone. Says nothing if there is nothing to do.
// `node build/setup.mjs` does it by itself; `npm start` and `npm test` call it first.

import { pathToFileURL } from 'node:url'
import { installAwsClients } from './aws-clients.mjs'
import { chromiumPath, installChromium } from './chromium.mjs'
import { checkSystemNode, withProjectPath } from './node.mjs'
import { installPackages } from './packages.mjs'
import { runMain, say, SetUpError } from './progress.mjs'
import { installSoftHsm, softHsmPath } from './softhsm.mjs'

/**
 * Installs what is missing. The tests need SoftHSM; for use, another HSM will do, so there its want is only told.
 * Throws SetUpError.
 * @param {{ tests: boolean }} purpose whether the tests' needs count too
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for what follows
 */
export async function setUp({ tests }) {
  checkSystemNode()
  await installPackages()
  if (tests) {
    await installSoftHsm()
    await installChromium()
    await tryTo(installAwsClients)
  } else {
    await tryTo(installSoftHsm)
  }
  return toolEnvironment(withProjectPath(process.env))
}

/** An environment that also names the tools that were found. @param {NodeJS.ProcessEnv} env */
export function toolEnvironment(env) {
  const softHsm = softHsmPath()
  const chromium = chromiumPath()
  return { ...env, ...(softHsm ? { HOLDFAST_SOFTHSM: softHsm } : {}), ...(chromium ? { HOLDFAST_CHROMIUM: chromium } : {}) }
}

/** Says what a step could not do and goes on. @param {() => Promise<void>} install */
async function tryTo(install) {
  try {
    await install()
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    say(`holdfast: ${error.message}`)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    await setUp({ tests: true })
    return 0
  })
}
