import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { capture } from '../../build/child.mjs'

// A program that says when it is ready, and how it was stopped; and the launcher that becomes it, as `npm start` does.
const program = `
process.on('SIGTERM', () => { process.stdout.write('stopped cleanly\\n'); process.exit(7) })
setInterval(() => undefined, 60_000)
process.stdout.write('ready ' + process.argv.slice(2).join(' ') + ' ' + process.execArgv.length + '\\n')
`
const launcher = `
import { become, scriptArguments } from ${JSON.stringify(new URL('../../build/child.mjs', import.meta.url).href)}
process.exitCode = await become(process.execPath, scriptArguments(process.argv[2], process.argv.slice(3)), process.env)
`

let folder: string
let paths: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-child-'))
  paths = [join(folder, 'launcher.mjs'), join(folder, 'program.mjs')]
  writeFileSync(paths[0]!, launcher)
  writeFileSync(paths[1]!, program)
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

it('passes on arguments, a signal and the exit code', async () => {
  const child = spawn(process.execPath, [...paths, 'one', 'two words'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = linesOf(child)
  expect(await lines.next()).toBe('ready one two words 0')
  child.kill('SIGTERM')
  expect(await lines.next()).toBe('stopped cleanly')
  expect((await once(child, 'exit'))[0]).toBe(7)
})

it.skipIf(process.platform === 'win32')("stops what npm started when npm's shell dies without passing the signal on", async () => {
  // As `sh -c` does it: a shell between npm and the program, which `; true` keeps from becoming the program.
  const shell = spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, ...paths], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'start' },
  })
  const lines = linesOf(shell)
  expect(await lines.next()).toBe('ready  0')
  shell.kill('SIGTERM')
  expect(await lines.next()).toBe('stopped cleanly')
})

it('says how a program ended that could not start or was killed', async () => {
  expect(await capture(join(folder, 'nothing'), [])).toMatchObject({ code: 127 })
  expect(await capture(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'])).toMatchObject({ code: 137 })
  expect(await capture(process.execPath, ['-e', 'console.log(1); console.error(2); process.exit(3)'])).toEqual({ code: 3, output: '1\n2\n' })
})

interface Lines {
  next(): Promise<string | undefined>
}

function linesOf(child: ChildProcess): Lines {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return { next: async () => (await lines.next()).value }
}
