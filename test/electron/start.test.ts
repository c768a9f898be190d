import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { holdfast } from '../shells/commands.ts'
import { because, missing } from './app.ts'

// What `npm start` runs.

const root = join(import.meta.dirname, '..', '..')
const found = inject('electron')

describe.skipIf(process.platform !== 'linux')('npm start', () => {
  it('says in one line why there is no window, and serves the console', async () => {
    const { said, stop } = start({})
    await expect.poll(said, { timeout: 60_000 }).toContain('Holdfast is ready: http://127.0.0.1:')
    expect(said().split('\n').filter((line) => line.startsWith('holdfast:'))).toEqual(['holdfast: there is no display: serving the console to your browser'])
    await stop()
  })

  it('serves the console too where there is no Electron, or one that does not start', async () => {
    const { said, stop } = start({ DISPLAY: ':999', ELECTRON_OVERRIDE_DIST_PATH: join(root, 'resources') })
    await expect.poll(said, { timeout: 60_000 }).toContain('Holdfast is ready: http://127.0.0.1:')
    expect(said().split('\n').filter((line) => line.startsWith('holdfast:'))).toEqual(["holdfast: Electron's runtime is not here and could not be fetched: serving the console to your browser"])
    await stop()
  })

  it.skipIf(missing !== undefined)(`opens the desktop app, which the command line then finds${because}`, async () => {
    const display = 'missing' in found ? undefined : found.display
    const { said, stop, home, runtime } = start(display === undefined ? {} : { DISPLAY: display })
    await expect.poll(async () => JSON.parse((await holdfast({ home, runtime }, '--json', 'status')).stdout) as unknown, { timeout: 50_000, interval: 500 }).toMatchObject({ running: true })
    expect(said()).not.toContain('Holdfast is ready')
    await stop()
  })

  function start(extra: Record<string, string>) {
    const runtime = mkdtempSync(join(tmpdir(), 'hf-start-'))
    const home = join(runtime, 'vault')
    const env = { ...process.env }
    delete env['DISPLAY']
    delete env['WAYLAND_DISPLAY']
    // Not under npm: what notices that npm was stopped is tested with it.
    const child: ChildProcess = spawn(process.execPath, ['build/start.mjs', '--home', home], { cwd: root, env: { ...env, BROWSER: 'none', XDG_RUNTIME_DIR: runtime, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'exit')
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (more: string) => (text += more))
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await ended
      rmSync(runtime, { recursive: true, force: true })
    })
    return {
      home,
      runtime,
      said: () => text,
      async stop() {
        child.kill('SIGTERM')
        await ended
      },
    }
  }
})
