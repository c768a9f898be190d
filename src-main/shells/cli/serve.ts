import { InvalidArgumentError, type Command } from 'commander'
import { stderrLog } from '../log.ts'
import type { EndpointAddress, EndpointState } from '#core/ports/endpoint.ts'
import type { Connection } from '#services/sessions.ts'
import type { MetricsServer } from '../serve/metrics.ts'
import type { RunningOwner } from '../serve/owner.ts'
import { clientInProcess } from '../transport.ts'
import type { Holdfast } from '../compose.ts'
import { takeOwnership } from './access.ts'
import { openInBrowser } from './browser.ts'
import { INSECURE, INSECURE_OPTION, parseEndpointAddress } from './endpoint-address.ts'
import { type Globals, globalsOf, passphraseSource } from './globals.ts'
import type { Place } from './place.ts'
import { printLine, printWarning } from './print.ts'
import { lend, readSecret } from './secrets.ts'

export function addServe(program: Command, place: Place): void {
  program
    .command('serve')
    .description('runs the vault with its browser console, until SIGTERM or Ctrl-C; Enter prints a fresh link')
    .option('--port <number>', 'the port of the console on 127.0.0.1; a free one if not given', parsePort)
    .option('--kms <address>', 'switches the KMS endpoint on: 127.0.0.1:PORT or [::1]:PORT; port 0 takes a free one', parseEndpointAddress)
    .option(...INSECURE_OPTION)
    .option('--metrics <address>', 'OpenMetrics for Prometheus and the like, for everybody on this machine: 127.0.0.1:PORT; numbers, no names of keys', parseEndpointAddress)
    .option('--open', "opens the console in the system's browser, if there is one")
    .addHelpText('after', '\nExample:\n  $ holdfast serve --port 4711 --kms 127.0.0.1:8443')
    .action(async (options: ServeOptions, command: Command) => {
      await serve(globalsOf(command), options, place)
    })
}

interface ServeOptions {
  readonly port?: number
  readonly kms?: Omit<EndpointAddress, 'transport'>
  readonly metrics?: Omit<EndpointAddress, 'transport'>
}

async function serve(globals: Globals, { port = 0, kms, metrics }: ServeOptions, place: Place): Promise<void> {
  const stopped = stopSignal()
  // Not with the command line: node:http takes longer to load than most commands take, and none but this one needs it.
  const [{ serveMetrics }, { runOwner }] = await Promise.all([import('../serve/metrics.ts'), import('../serve/owner.ts')])
  const holdfast = await takeOwnership(globals.home, place.agent)
  try {
    const operator: Connection = { via: 'cli', source: 'local', agent: place.agent, session: undefined }
    if (globals.passphraseFile !== undefined) await unlock(holdfast, globals, operator)
    const endpoint = kms === undefined ? undefined : await startEndpoint(holdfast, kms, globals, operator)
    // Whoever started the process may have opened the vault; nobody stays signed in.
    if (operator.session !== undefined) holdfast.vault.signOut(operator)
    const watched = metrics === undefined ? undefined : await serveMetrics(metrics, place.version, () => holdfast.vault.figures())
    const owner = await runOwner(holdfast, { port, renderer: place.renderer, environment: process.env, log: stderrLog })
    try {
      announce(owner, endpoint, watched, globals)
      if (globals.flag('open')) openInBrowser(owner.console.link(), owner.socket)
      if (process.stdin.isTTY && !globals.json) linkAtEnter(owner)
      await stopped
    } finally {
      await owner.close()
      await watched?.close()
    }
  } finally {
    await holdfast.close()
  }
}

/** Opens the vault, if there is one. */
async function unlock(holdfast: Holdfast, globals: Globals, operator: Connection): Promise<void> {
  const api = clientInProcess(holdfast.router, operator, stderrLog)
  if ((await api.vault.status({})).state === 'none') return
  using passphrase = await readSecret(passphraseSource(globals))
  await lend(passphrase, (bytes) => api.session.signIn({ passphrase: bytes }))
}

async function startEndpoint(holdfast: Holdfast, address: Omit<EndpointAddress, 'transport'>, globals: Globals, operator: Connection): Promise<EndpointState> {
  const insecure = globals.flag('insecureHttp')
  if (insecure) printWarning(INSECURE)
  return holdfast.vault.startEndpoint(operator, { ...address, transport: insecure ? 'plain' : 'tls' })
}

function announce(owner: RunningOwner, endpoint: EndpointState | undefined, watched: MetricsServer | undefined, globals: Globals): void {
  const { console, socket } = owner
  const link = console.link()
  if (globals.json) {
    printLine(JSON.stringify({ event: 'ready', url: console.url, link, socket, pid: process.pid, kms: endpoint?.url, metrics: watched?.url }))
    return
  }
  if (endpoint !== undefined) printLine(`KMS endpoint: ${endpoint.url}${endpoint.ready ? '' : ' (works once the vault is unlocked)'}`)
  if (watched !== undefined) printLine(`Metrics: ${watched.url}`)
  printLine(`Holdfast is ready: ${link} (opens once, within 60 seconds${process.stdin.isTTY ? '; Enter prints a fresh link' : ''})`)
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
