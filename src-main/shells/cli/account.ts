import type { Command } from 'commander'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { withAccess } from './signed-in.ts'

/** `account create`, `account list`, `region add` and `region list`. */
export function addAccount(program: Command, place: Place): void {
  const account = program.command('account').description('the accounts of this vault; the endpoint refuses all others')
  account
    .command('create')
    .description('declares another account, in every Region')
    .option('--account <12 digits>', 'its number; random if not given')
    .addHelpText('after', '\nExample:\n  $ holdfast account create --account 444455556666')
    .action(async (_options: unknown, command: Command) => {
      await withAccess(command, place, async (access, globals) => {
        const named = globals.option('account')
        const made = await access.api.accounts.create(named === undefined ? {} : { account: named })
        if (globals.json) printJson(made)
        else printLine(`Account ${made.account} is declared.`)
      })
    })
  account
    .command('list')
    .description('the declared accounts')
    .addHelpText('after', '\nExample:\n  $ holdfast account list')
    .action(async (_options: unknown, command: Command) => {
      await list(command, place, 'accounts')
    })
  const region = program.command('region').description('the Regions of this vault; the endpoint refuses all others')
  region
    .command('add')
    .argument('<region>', 'such as eu-central-1 or lab')
    .description('declares another Region, for every account')
    .addHelpText('after', '\nExample:\n  $ holdfast region add eu-central-1')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withAccess(command, place, async (access, globals) => {
        await access.api.accounts.addRegion({ region: name })
        if (globals.json) printJson({ region: name })
        else printLine(`Region ${name} is declared.`)
      })
    })
  region
    .command('list')
    .description('the declared Regions')
    .addHelpText('after', '\nExample:\n  $ holdfast region list')
    .action(async (_options: unknown, command: Command) => {
      await list(command, place, 'regions')
    })
}

async function list(command: Command, place: Place, what: 'accounts' | 'regions'): Promise<void> {
  await withAccess(command, place, async (access, globals) => {
    const declared = await access.api.accounts.list({})
    if (globals.json) printJson({ [what]: declared[what] })
    else for (const name of declared[what]) printLine(name)
  })
}
