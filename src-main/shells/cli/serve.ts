import { InvalidArgumentError, type Command } from 'commander'
import { stderrLog } from '../log.ts'
import { type RunningOwner, runOwner } from '../serve/owner.ts'
import { clientInProcess } from '../transport.ts'
import type { Holdfast } from '../compose.ts'
import { takeOwnership } from './access.ts'
import { openInBrowser } from './browser.ts'
import { type Globals, globalsOf, passphraseSource } from './globals.ts'
import type { Place } from './place.ts'
import { printLine } from './print.ts'
import { lend, readSecret } from './secrets.ts'

export function addServe(program: Command, place: Place): void {
  program
    .command('serve')
    .description('runs the vault with its browser console, until SIGTERM or Ctrl-C; Enter prints a fresh link')
    .option('--port <number>', 'the port of the console on 127.0.0.1; a free one if not given', parsePort)
    .option('--open', "opens the console in the system's browser, if there is one")
    .addHelpText('after', '\nExample:\n  $ holdfast serve --port 4711 --open')
    .action(async (options: { port?: number }, command: Command) => {
      await serve(globalsOf(command), options.port ?? 0, place)
    })
}

async function serve(globals: Globals, port: number, place: Place): Promise<void> {
  const stopped = stopSignal()
  const holdfast = await takeOwnership(globals.home, place.agent)
  try {
    if (globals.passphraseFile !== undefined) await unlock(holdfast, globals, place)
    const owner = await runOwner(holdfast, { port, renderer: place.renderer, environment: process.env, log: stderrLog })
    try {
      announce(owner, globals)
      if (globals.flag('open')) openInBrowser(owner.console.link(), owner.socket)
      if (process.stdin.isTTY && !globals.json) linkAtEnter(owner)
      await stopped
    } finally {
      await owner.close()
    }
  } finally {
    await holdfast.close()
  }
}

/** Opens the vault, if there is one; the session that opened it ends at once. */
async function unlock(holdfast: Holdfast, globals: Globals, place: Place): Promise<void> {
  const api = clientInProcess(holdfast.router, { via: 'cli', source: 'local', agent: place.agent, session: undefined }, stderrLog)
  if ((await api.vault.status({})).state === 'none') return
  using passphrase = await readSecret(passphraseSource(globals))
  await lend(passphrase, (bytes) => api.session.signIn({ passphrase: bytes }))
  await api.session.signOut({})
}

function announce(owner: RunningOwner, globals: Globals): void {
  const { console, socket } = owner
  const link = console.link()
  if (globals.json) printLine(JSON.stringify({ event: 'ready', url: console.url, link, socket, pid: process.pid }))
  else printLine(`Holdfast is ready: ${link} (opens once, within 60 seconds${process.stdin.isTTY ? '; Enter prints a fresh link' : ''})`)
}

function linkAtEnter(owner: RunningOwner): void {
  process.stdin.on('data', () => {
    printLine(owner.console.link())
  })
}

/** Resolves at the first SIGINT or SIGTERM. The second one finds the system's own handling again, and ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}
