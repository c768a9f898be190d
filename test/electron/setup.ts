import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { TestProject } from 'vitest/node'
import { which } from '../../build/child.mjs'
import { electronArguments, electronRuntime } from '../../build/electron.mjs'
import { buildIfStale } from '../../build/output.mjs'

/** How the app is started here, or why it cannot be. */
export type Found = { readonly path: string; readonly args: readonly string[]; readonly version: string; readonly display: string | undefined; readonly bus: string | undefined } | { readonly missing: string }

declare module 'vitest' {
  export interface ProvidedContext {
    electron: Found
  }
}

/** Finds an Electron once for all files of the project, and gives its windows a screen where there is none. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const runtime = await electronRuntime()
  const display = process.env['DISPLAY'] ?? (process.platform === 'linux' && which('Xvfb') ? undefined : 'not needed')
  if (runtime === undefined) {
    project.provide('electron', { missing: 'there is no Electron that runs here: set ELECTRON_OVERRIDE_DIST_PATH, or let npm start fetch it' })
    return undefined
  }
  if (process.platform === 'linux' && display === 'not needed') {
    project.provide('electron', { missing: 'there is no screen, and no Xvfb' })
    return undefined
  }
  await buildIfStale()
  const screen = display === undefined ? await startScreen() : undefined
  const bus = process.platform === 'linux' && which('dbus-daemon') ? await startBus() : undefined
  project.provide('electron', { ...runtime, args: await electronArguments(runtime), display: screen?.display ?? process.env['DISPLAY'], bus: bus?.address })
  return async () => {
    await bus?.stop()
    await screen?.stop()
  }
}

/** Xvfb on a number that is free. */
async function startScreen(): Promise<{ display: string; stop(): Promise<void> }> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const ended = once(screen, 'exit')
  const [number] = await Promise.race([once(createInterface(screen.stdio[3] as Readable), 'line'), ended.then(() => Promise.reject(new Error('Xvfb does not start')))])
  return {
    display: `:${String(number)}`,
    async stop() {
      screen.kill()
      await ended
    },
  }
}

/** A session bus of the tests' own: what they say on it, nobody else hears. */
async function startBus(): Promise<{ address: string; stop(): Promise<void> }> {
  const daemon = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(daemon, 'exit')
  const [address] = await Promise.race([once(createInterface(daemon.stdout), 'line'), ended.then(() => Promise.reject(new Error('dbus-daemon does not start')))])
  return {
    address: String(address),
    async stop() {
      daemon.kill()
      await ended
    },
  }
}
