import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { commandLine, environment, type Ready } from '../shells/commands.ts'

/** A real `serve` over a home of its own. */
export interface Owner {
  readonly home: string
  readonly ready: Ready
  /** A fresh one-time link, as `holdfast link` prints it. */
  link(): Promise<string>
  /** Ends the process as a stop does; resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it and removes its home. */
  [Symbol.asyncDispose](): Promise<void>
}

/** `prepare` makes what is in the home before `serve` opens it. */
export async function startOwner(prepare: (home: string) => Promise<void> = async () => undefined): Promise<Owner> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-story-'))
  const around = { home: join(folder, 'vault'), runtime: folder }
  await prepare(around.home)
  const run = (...args: string[]) => {
    const [node, words] = commandLine(args)
    return spawn(node, words, { env: environment(around), stdio: ['pipe', 'pipe', 'pipe'] })
  }
  const child = run('serve', '--json')
  const ended = once(child, 'exit')
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => Promise.reject(new Error(`serve ended: ${log}`)))])

  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    await ended
  }
  return {
    home: around.home,
    ready: JSON.parse(String(line)) as Ready,
    async link() {
      const asked = run('link')
      asked.stdin.end()
      const [printed] = await once(createInterface(asked.stdout), 'line')
      return /http:\S+/.exec(String(printed))?.[0] ?? String(printed)
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
