// How long the desktop app takes from its start to a lock screen that can be typed into, and what it weighs when idle.
// `node bench/electron-start.ts RUNTIME_FOLDER [RUNS]`, on a screen (xvfb-run), after `npm run build`. Prints one line per figure.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { _electron, type ElectronApplication } from 'playwright-core'
import { electronArguments, electronRuntime } from '../build/electron.mjs'

const PASSPHRASE = 'orbit lantern meadow copper'
const [folder, runs = '11'] = process.argv.slice(2)
if (folder !== undefined) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = folder
const runtime = await electronRuntime()
if (runtime === undefined) throw new Error('there is no Electron that runs')
const args = ['--disable-gpu', ...(await electronArguments(runtime))]
const home = mkdtempSync(join(tmpdir(), 'hf-bench-'))

/** Starts the app; resolves with the milliseconds until the field for the passphrase has the focus. */
async function start(): Promise<{ app: ElectronApplication; took: number }> {
  const began = performance.now()
  const app = await _electron.launch({ executablePath: runtime?.path ?? '', args, env: { ...process.env, HOLDFAST_HOME: home } })
  const page = await app.firstWindow()
  await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'password')
  return { app, took: performance.now() - began }
}

/** Proportional set size of all processes of the app, in MiB: what is shared counts once. */
async function weight(app: ElectronApplication): Promise<Record<string, number>> {
  const processes = await app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid, type, name }) => ({ pid, what: name ?? type })))
  const each = processes.map(({ pid, what }) => [what, Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024] as const)
  const sums: Record<string, number> = { all: 0 }
  for (const [what, mib] of each) {
    sums[what] = (sums[what] ?? 0) + mib
    sums['all'] = (sums['all'] ?? 0) + mib
  }
  return sums
}

function print(name: string, value: unknown): void {
  process.stdout.write(`${name}: ${JSON.stringify(value)}\n`)
}

const first = await start()
const page = await first.app.firstWindow()
for (const name of ['Passphrase', 'Passphrase again']) await page.getByRole('textbox', { name, exact: true }).fill(PASSPHRASE)
await page.getByRole('checkbox', { name: 'Make a recovery code' }).click()
await page.getByRole('button', { name: 'Create vault' }).click()
await page.getByRole('heading', { name: 'Customer managed keys' }).waitFor()
await first.app.close()

const times: number[] = []
for (let run = 0; run < Number(runs); run += 1) {
  const { app, took } = await start()
  times.push(took)
  if (run === Number(runs) - 1) {
    await wait(20_000)
    print('MiB, locked and idle', await weight(app))
    const lockScreen = await app.firstWindow()
    await lockScreen.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(PASSPHRASE)
    const began = performance.now()
    await lockScreen.keyboard.press('Enter')
    await lockScreen.getByRole('heading', { name: 'Customer managed keys' }).waitFor()
    print('ms, from Enter to the keys', Math.round(performance.now() - began))
    await wait(20_000)
    print('MiB, unlocked and idle', await weight(app))
  }
  await app.close()
}
const sorted = times.toSorted((a, b) => a - b)
print('ms, from start to lock screen: median, fastest, slowest', [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)].map((time) => Math.round(time ?? 0)))
rmSync(home, { recursive: true, force: true })
process.exit(0)
