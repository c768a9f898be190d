import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commandLine, environment } from './commands.ts'
import { temporaryFolder } from './temporary.ts'

// util-linux's `script` gives a command a real terminal; its own other end is two pipes.
const script = '/usr/bin/script'

interface Terminal {
  /** Resolves once the terminal has shown the text (again, after what was seen before). */
  sees(text: string): Promise<void>
  type(keys: string): void
  readonly ended: Promise<number | null>
  readonly shown: string
}

function terminal(home: string, args: readonly string[], after?: string): Terminal {
  const [program, rest] = commandLine(args)
  const line = [program, ...rest].map((part) => `'${part}'`).join(' ')
  const shell = after === undefined ? `exec ${line}` : `${line}; code=$?; ${after}; exit $code`
  const child = spawn(script, ['-qefc', shell, '/dev/null'], { env: { ...environment({ home }), TERM: 'dumb', SHELL: '/bin/sh' } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let shown = ''
  let seen = 0
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    async sees(text) {
      for (;;) {
        const at = shown.indexOf(text, seen)
        if (at >= 0) {
          seen = at + text.length
          return
        }
        if ((await Promise.race([once(child.stdout, 'data'), ended.then(() => 'ended')])) === 'ended') expect.fail(`the terminal never showed ${text}`)
      }
    },
    type: (keys) => void child.stdin.write(keys),
    ended,
    get shown() {
      return shown
    },
  }
}

describe.skipIf(!existsSync(script))(`a person at a terminal${existsSync(script) ? '' : ' (skipped: util-linux has no `script` here)'}`, () => {
  it('types a new passphrase twice and sees nothing of it', async () => {
    const home = join(temporaryFolder(), 'home')
    const screen = terminal(home, ['init'])
    await screen.sees('New passphrase: ')
    screen.type('correct horsé battery\x7fy\r')
    await screen.sees('The same again: ')
    screen.type('correct horsé battery\r')
    await screen.sees('The vault is ready')
    expect(await screen.ended).toBe(0)
    expect(screen.shown).not.toContain('horse')
    expect(screen.shown).not.toContain('battery')
  })

  it('is told when the two differ, and no vault is made', async () => {
    const home = join(temporaryFolder(), 'home')
    const screen = terminal(home, ['init'])
    await screen.sees('New passphrase: ')
    screen.type('correct horse battery\r')
    await screen.sees('The same again: ')
    screen.type('correct horse batter\r')
    await screen.sees('The two passphrases differ')
    expect(await screen.ended).toBe(2)
    expect(existsSync(join(home, 'vault'))).toBe(false)
  })

  it('gets the terminal back as it was at Ctrl-C', async () => {
    const screen = terminal(join(temporaryFolder(), 'home'), ['init'], 'stty -a')
    await screen.sees('New passphrase: ')
    screen.type('secret\x03')
    await screen.sees('(CANCELLED)')
    expect(await screen.ended).toBe(1)
    expect(screen.shown).toMatch(/[^-]icanon/)
    expect(screen.shown).toMatch(/[^-]echo /)
  })

  it('gets a fresh link from serve at Enter, and ends it with Ctrl-C', async () => {
    const screen = terminal(join(temporaryFolder(), 'home'), ['serve'])
    await screen.sees('Holdfast is ready: http://127.0.0.1:')
    await screen.sees('Enter prints a fresh link')
    screen.type('\r')
    await screen.sees('#token=')
    const links = screen.shown.match(/#token=[\w-]{43}/g) ?? []
    expect(links).toHaveLength(2)
    expect(links[0]).not.toBe(links[1])
    screen.type('\x03')
    expect(await screen.ended).toBe(0)
  })
})
