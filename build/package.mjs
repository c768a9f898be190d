// `npm run package`: packs the desktop app for this platform into out/package, around the Electron that package.json names.

import { join } from 'node:path'
import { electronRuntime, fetchElectron } from './electron.mjs'
import { buildIfStale } from './output.mjs'
import { packDesktop } from './packing.mjs'
import { runMain, say, SetUpError, step } from './progress.mjs'
import { inProject } from './project.mjs'
import { setUp } from './setup.mjs'
import { softHsmPath } from './softhsm.mjs'

await runMain(async () => {
  await setUp({ tests: false })
  await buildIfStale()
  const runtime = (await electronRuntime()) ?? ((await fetchElectron()) ? await electronRuntime() : undefined)
  if (runtime === undefined) throw new SetUpError("Electron's runtime is not here and could not be fetched.", 'node node_modules/electron/install.js')
  const softHsm = softHsmPath()
  if (softHsm === undefined) throw new SetUpError('SoftHSM was not found: the package carries it.')
  const folder = await step('packing', () => packDesktop({ electronDist: join(runtime.path, '..'), electronVersion: runtime.version, output: inProject('out', 'package'), softHsm, variant: 'shipping' }))
  say(`holdfast: the app is in ${folder}`)
  return 0
})
