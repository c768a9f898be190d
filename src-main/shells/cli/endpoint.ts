import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { EndpointView, RequestLine } from '#contract/endpoint.ts'
import type { EndpointAddress } from '#core/ports/endpoint.ts'
import { type Access, openAccess } from './access.ts'
import { INSECURE, INSECURE_OPTION, parseEndpointAddress } from './endpoint-address.ts'
import { type Globals, globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine, printWarning } from './print.ts'
import { withOwner } from './signed-in.ts'
import { tableLines } from './table.ts'

type Address = Omit<EndpointAddress, 'transport'>

/** `endpoint ca`, `status`, `start`, `stop` and `log`. */
export function addEndpoint(program: Command, place: Place): void {
  const endpoint = program.command('endpoint').description('the HTTPS endpoint that AWS clients of this machine can use')
  endpoint
    .command('ca')
    .description("prints the path of the certificate that clients must trust; it can sign for this machine's loopback names and for nothing else")
    .addHelpText('after', '\nExample:\n  $ export AWS_CA_BUNDLE=$(holdfast endpoint ca)')
    .action(async (_options: unknown, command: Command) => {
      await authority(globalsOf(command), place)
    })
  endpoint
    .command('status')
    .description('says whether the endpoint is on, and where; needs no passphrase')
    .addHelpText('after', '\nExample:\n  $ holdfast endpoint status')
    .action(async (_options: unknown, command: Command) => {
      await status(globalsOf(command), place)
    })
  endpoint
    .command('start')
    .argument('[address]', '127.0.0.1:PORT, [::1]:PORT, or PORT; a free port if not given', parseEndpointAddress)
    .description('switches the endpoint of the running Holdfast on')
    .option(...INSECURE_OPTION)
    .addHelpText('after', '\nExample:\n  $ holdfast endpoint start 127.0.0.1:8443')
    .action(async (address: Address | undefined, _options: unknown, command: Command) => {
      await withOwner(command, place, (access, globals) => start(access, globals, address))
    })
  endpoint
    .command('stop')
    .description('switches the endpoint of the running Holdfast off')
    .addHelpText('after', '\nExample:\n  $ holdfast endpoint stop')
    .action(async (_options: unknown, command: Command) => {
      await withOwner(command, place, async (access, globals) => {
        await access.api.endpoint.stop({})
        if (globals.json) printJson({})
        else printLine('The endpoint is off.')
      })
    })
  endpoint
    .command('log')
    .description('the last 500 requests at the endpoint of the running Holdfast, the newest first')
    .addHelpText('after', '\nExample:\n  $ holdfast endpoint log')
    .action(async (_options: unknown, command: Command) => {
      await withOwner(command, place, async (access, globals) => {
        const { requests } = await access.api.endpoint.log({})
        if (globals.json) printJson({ requests })
        else for (const line of tableLines(['TIME', 'OPERATION', 'CALLER', 'REGION', 'STATUS', 'MS', 'FAILURE'], requests.map(row))) printLine(line)
      })
    })
}

/** The published file is enough; only where there is none yet must somebody sign in to have it made. */
async function authority(globals: Globals, place: Place): Promise<void> {
  const published = join(globals.home, 'endpoint-ca.pem')
  if (existsSync(published)) {
    show(globals, { path: published })
    return
  }
  const access = await openAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    show(globals, await access.api.endpoint.authority({}))
  } finally {
    await access.close()
  }
}

function show(globals: Globals, found: { readonly path: string }): void {
  if (globals.json) printJson(found)
  else printLine(found.path)
}

async function status(globals: Globals, place: Place): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    const { endpoint } = await access.api.vault.status({})
    if (globals.json) printJson({ on: endpoint !== undefined, ...endpoint })
    else printLine(endpoint === undefined ? 'The endpoint is off.' : sentence(endpoint))
  } finally {
    await access.close()
  }
}

async function start(access: Access, globals: Globals, address: Address | undefined): Promise<void> {
  const insecure = globals.flag('insecureHttp')
  if (insecure) printWarning(INSECURE)
  const made = await access.api.endpoint.start({ ...address, transport: insecure ? 'plain' : 'tls' })
  if (globals.json) printJson(made)
  else printLine(sentence(made))
}

function sentence({ url, ready }: EndpointView): string {
  return ready ? `The endpoint is on: ${url}` : `The endpoint listens at ${url}, and works once the vault has been unlocked.`
}

function row({ at, operation, accessKeyId, region, status, milliseconds, failure }: RequestLine): string[] {
  return [at.toISOString(), operation ?? '-', accessKeyId ?? '-', region ?? '-', String(status), milliseconds.toFixed(1), failure ?? '']
}
