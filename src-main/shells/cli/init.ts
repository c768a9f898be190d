import type { Command } from 'commander'
import { VaultError } from '#core/vocabulary/failures.ts'
import { openAccess } from './access.ts'
import { type Globals, globalsOf, passphraseSource } from './globals.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { lend, readNewSecret } from './secrets.ts'

export function addInit(program: Command, place: Place): void {
  program
    .command('init')
    .description('creates the vault of this home, its first HSM token and its passphrase')
    .option('--account <12 digits>', 'the account that the keys belong to; random if not given')
    .option('--region <name>', "the Region in the keys' ARNs")
    .option('--name <name>', "the vault's name")
    .option('--recovery', 'makes a recovery code and prints it, once')
    .addHelpText('after', '\nExample:\n  $ holdfast init --account 111122223333 --region lab --recovery')
    .action(async (_options: unknown, command: Command) => {
      await init(globalsOf(command), place)
    })
}

async function init(globals: Globals, place: Place): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    const { state } = await access.api.vault.status({})
    if (state !== 'none') throw new VaultError('VAULT_ALREADY_INITIALISED')
    using passphrase = await readNewSecret(passphraseSource(globals, 'New passphrase: '))
    const made = await lend(passphrase, (bytes) =>
      access.api.vault.initialise({
        passphrase: bytes,
        recovery: globals.flag('recovery'),
        ...given('account', globals),
        ...given('region', globals),
        ...given('name', globals),
      }),
    )
    if (globals.json) printJson({ home: globals.home, ...made })
    else printMade(globals.home, made)
  } finally {
    await access.close()
  }
}

function given(name: 'account' | 'region' | 'name', globals: Globals): Record<string, string> {
  const value = globals.option(name)
  return value === undefined ? {} : { [name]: value }
}

function printMade(home: string, made: { account: string; region: string; recoveryCode?: string | undefined }): void {
  printLine(`The vault is ready in ${home}.`)
  printLine(`Account ${made.account}, Region ${made.region}.`)
  if (made.recoveryCode === undefined) return
  printLine('')
  printLine(`Recovery code: ${made.recoveryCode}`)
  printLine('It opens the vault without the passphrase and is shown only now: write it down and keep it apart.')
}
