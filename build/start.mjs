// `npm start`: sets up, builds, and opens Holdfast: the desktop app, or the browser console where that cannot be.
// `npm start -- --home DIR` takes another home. Anything else after `--` is for `serve`, and asks for the console.

import { become, inherit, scriptArguments, startedByNpm } from './child.mjs'
import { electronArguments, electronRuntime, fetchElectron, isOldRuntime, runsAsRoot, whyNoSandbox, whyNoWindow } from './electron.mjs'
import { holdfastNode } from './node.mjs'
import { buildIfStale, cliEntry } from './output.mjs'
import { runMain, say } from './progress.mjs'
import { setUp } from './setup.mjs'

/** @typedef {import('./electron.mjs').Runtime} Runtime */

await runMain(async () => {
  const { home, rest } = readArguments(process.argv.slice(2))
  const env = { ...(await setUp({ tests: false })), ...(home === undefined ? {} : { HOLDFAST_HOME: home }) }
  await buildIfStale()
  const runtime = rest.length > 0 ? undefined : await desktopRuntime()
  if (runtime === undefined) return become(holdfastNode(), scriptArguments(cliEntry, ['serve', '--open', ...rest]), env)
  if (isOldRuntime(runtime)) say(`holdfast: Electron ${runtime.version} is older than what ships: it gets a build of its own, with another SQLCipher`)
  if (runsAsRoot()) say("holdfast: as root, Chromium's sandbox is off")
  // Not by becoming it: what notices that npm was stopped must go on beside it.
  if (startedByNpm()) await import('./orphan.mjs')
  return inherit(runtime.path, await electronArguments(runtime), { env })
})

/** The Electron to open the app with; undefined, and said in one line why, if the console has to do. */
async function desktopRuntime() {
  const found = await runtimeOrReason()
  if (typeof found !== 'string') return found
  say(`holdfast: ${found}: serving the console to your browser`)
  return undefined
}

/** @returns {Promise<Runtime | string>} */
async function runtimeOrReason() {
  const noWindow = whyNoWindow()
  if (noWindow !== undefined) return noWindow
  const runtime = (await electronRuntime()) ?? ((await fetchElectron()) ? await electronRuntime() : undefined)
  if (runtime === undefined) return "Electron's runtime is not here and could not be fetched"
  return (await whyNoSandbox(runtime)) ?? runtime
}

/** @param {string[]} args @returns {{ home: string | undefined, rest: string[] }} */
function readArguments(args) {
  const [first, second, ...more] = args
  if (first === '--home' && second !== undefined) return { home: second, rest: more }
  if (first?.startsWith('--home=')) return { home: first.slice('--home='.length), rest: args.slice(1) }
  return { home: undefined, rest: args }
}
