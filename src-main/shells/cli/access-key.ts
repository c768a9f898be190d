import type { Command } from 'commander'
import type { AccessKeyView } from '#contract/endpoint.ts'
import type { Access } from './access.ts'
import type { Globals } from './globals.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { lend, readSecretLine } from './secrets.ts'
import { withAccess } from './signed-in.ts'
import { tableLines } from './table.ts'
import { UsageError } from './usage.ts'

/** `access-key create`, `list`, `enable`, `disable` and `delete`. */
export function addAccessKey(program: Command, place: Place): void {
  const accessKey = program.command('access-key').description('the keys that programs sign their requests to the endpoint with')
  accessKey
    .command('create')
    .description('makes an access key, and prints its secret this once; or takes over one that exists elsewhere')
    .option('--principal <principal>', "root, a user's name, or the ARN of a root, a user or a role", 'root')
    .option('--access-key-id <id>', 'the id of a key that exists elsewhere')
    .option('--secret-access-key-file <file>', 'reads its secret from the first line of a file; - is the standard input')
    .option('--export', "prints lines for a shell's eval, which set what AWS clients read")
    .addHelpText('after', '\nExample:\n  $ eval "$(holdfast access-key create --export)"')
    .action(async (_options: unknown, command: Command) => {
      await withAccess(command, place, create)
    })
  accessKey
    .command('list')
    .description('all access keys, without their secrets')
    .addHelpText('after', '\nExample:\n  $ holdfast access-key list')
    .action(async (_options: unknown, command: Command) => {
      await withAccess(command, place, list)
    })
  for (const [name, active] of [['enable', true], ['disable', false]] as const) {
    accessKey
      .command(name)
      .argument('<access-key-id>')
      .description(active ? 'lets a disabled access key sign again' : 'refuses what an access key signs, until it is enabled again')
      .addHelpText('after', `\nExample:\n  $ holdfast access-key ${name} AKIAIOSFODNN7EXAMPLE`)
      .action(async (accessKeyId: string, _options: unknown, command: Command) => {
        await withAccess(command, place, async (access, globals) => {
          await access.api.accessKeys.update({ accessKeyId, active })
          say(globals, `The access key is ${name}d.`)
        })
      })
  }
  accessKey
    .command('delete')
    .argument('<access-key-id>')
    .description('deletes an access key for good')
    .addHelpText('after', '\nExample:\n  $ holdfast access-key delete AKIAIOSFODNN7EXAMPLE')
    .action(async (accessKeyId: string, _options: unknown, command: Command) => {
      await withAccess(command, place, async (access, globals) => {
        await access.api.accessKeys.delete({ accessKeyId })
        say(globals, 'The access key is deleted.')
      })
    })
}

async function create(access: Access, globals: Globals): Promise<void> {
  const principal = globals.option('principal') ?? 'root'
  const made = await createdWith(access, principal, globals.option('accessKeyId'), globals.option('secretAccessKeyFile'))
  const { secretAccessKey: bytes, ...shown } = made
  // As text: what a client's configuration takes.
  const secret = bytes === undefined ? {} : { secretAccessKey: String.fromCharCode(...bytes) }
  bytes?.fill(0)
  if (globals.json) {
    printJson({ ...shown, ...secret })
    return
  }
  if (globals.flag('export')) {
    printLine(`export AWS_ACCESS_KEY_ID=${shown.accessKeyId}`)
    // Base64's characters need no quotes; a secret that was taken over is not known here.
    if (secret.secretAccessKey !== undefined) printLine(`export AWS_SECRET_ACCESS_KEY=${secret.secretAccessKey}`)
    return
  }
  printLine(`Access key  ${shown.accessKeyId}`)
  if (secret.secretAccessKey !== undefined) printLine(`Secret      ${secret.secretAccessKey}`)
  printLine(`Principal   ${shown.principal}`)
  if (secret.secretAccessKey !== undefined) printLine('The secret is shown only now.')
}

async function createdWith(access: Access, principal: string, accessKeyId: string | undefined, file: string | undefined) {
  if (accessKeyId === undefined && file === undefined) return access.api.accessKeys.create({ principal })
  if (accessKeyId === undefined || file === undefined) throw new UsageError('A key that exists elsewhere needs both --access-key-id and --secret-access-key-file.')
  using secret = readSecretLine(file, '--secret-access-key-file')
  return await lend(secret, (secretAccessKey) => access.api.accessKeys.create({ principal, accessKeyId, secretAccessKey }))
}

async function list(access: Access, globals: Globals): Promise<void> {
  const { accessKeys } = await access.api.accessKeys.list({})
  if (globals.json) printJson({ accessKeys })
  else for (const line of tableLines(['ACCESS KEY', 'PRINCIPAL', 'STATUS', 'CREATED', 'LAST USED'], accessKeys.map(row))) printLine(line)
}

function row({ accessKeyId, principal, active, createdAt, usedAt }: AccessKeyView): string[] {
  return [accessKeyId, principal, active ? 'active' : 'disabled', createdAt.toISOString(), usedAt?.toISOString() ?? 'never']
}

function say(globals: Globals, text: string): void {
  if (globals.json) printJson({})
  else printLine(text)
}
