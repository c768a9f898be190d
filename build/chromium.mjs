// Chromium, for the tests that drive the console. Holdfast itself does not need it: without it those tests are skipped.

import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './child.mjs'
import { installSystemPackages, isDebian, isRoot, unpackPackages } from './debian.mjs'
import { say, SetUpError, step } from './progress.mjs'
import { toolFolders, writableToolFolder } from './project.mjs'

const installedAt = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The script in an unpacked package's folder that starts it with the libraries beside it. */
const starter = 'start-chromium'

/** Beside it, for a system that has no fonts at all. */
const fontConfig = 'fonts.conf'

/** The absolute path of a Chromium: HOLDFAST_CHROMIUM, an installed one, or the one that set-up fetched. Undefined if there is none. */
export function chromiumPath() {
  const named = process.env['HOLDFAST_CHROMIUM']
  if (named) return existsSync(named) ? named : undefined
  return [...installedAt, ...toolFolders().map((folder) => join(folder, 'chromium', starter))].find((path) => existsSync(path))
}

/** Installs or fetches Chromium if there is none. Never throws for want of it: says what would help. */
export async function installChromium() {
  if (chromiumPath()) return
  const failure = await tryToInstall()
  if (failure) say(`holdfast: no Chromium: the tests that drive the console are skipped. ${failure}\n  What would help: sudo apt-get install chromium, or set HOLDFAST_CHROMIUM to a Chromium or Chrome`)
}

/** @returns {Promise<string | undefined>} why it did not work */
async function tryToInstall() {
  if (!isDebian()) return 'It cannot be installed from here.'
  try {
    if (isRoot()) await step('installing Chromium for the tests', () => installSystemPackages(['chromium']))
    else await step('fetching Chromium for the tests', () => fetchChromium(join(writableToolFolder(), 'chromium')))
    return chromiumPath() ? undefined : 'It was installed, but is not where it was expected.'
  } catch (error) {
    if (error instanceof SetUpError) return error.message
    throw error
  }
}

/**
 * Fetches Chromium with all libraries that this system lacks and unpacks them into `folder`; it is kept only if it then runs.
 * Throws SetUpError.
 * @param {string} folder
 */
export async function fetchChromium(folder) {
  await unpackPackages(['chromium'], folder, { withMissingDependencies: true })
  const path = join(folder, starter)
  writeFileSync(join(folder, fontConfig), fontConfiguration(folder))
  writeFileSync(path, starterScript(libraryFolders(folder)))
  chmodSync(path, 0o755)
  const tried = await capture(path, ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', 'data:text/html,<p>it runs</p>'], { timeout: 60_000 })
  if (tried.output.includes('it runs')) return
  rmSync(folder, { recursive: true, force: true })
  throw new SetUpError(`The fetched Chromium does not run here: ${tried.output.trim().split('\n').at(-1) ?? ''}`)
}

/**
 * The folders below an unpacked tree that hold shared libraries: usr/lib/<architecture>, and those in it for one package's own.
 * @param {string} folder
 * @returns {string[]} relative to it
 */
function libraryFolders(folder) {
  const first = ['lib', 'usr/lib'].flatMap((lib) => subfolders(folder, lib)).filter((path) => path.endsWith('-linux-gnu'))
  return [...first, ...first.flatMap((path) => subfolders(folder, path)).filter((path) => readdirSync(join(folder, path)).some((name) => /\.so(\.|$)/.test(name)))]
}

/** @param {string} folder @param {string} path */
function subfolders(folder, path) {
  if (!existsSync(join(folder, path))) return []
  const entries = readdirSync(join(folder, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`)
}

/** @param {string} folder */
function fontConfiguration(folder) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>
`
}

/** @param {string[]} libraries folders, relative to the script's own */
function starterScript(libraries) {
  return `#!/bin/sh
# Written by Holdfast's set-up: starts the Chromium unpacked here with the libraries unpacked beside it.
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="${libraries.map((path) => `$here/${path}`).join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_FILE="$here/${fontConfig}"
exec "$here/usr/lib/chromium/chromium" "$@"
`
}
