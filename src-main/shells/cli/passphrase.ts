import type { Command } from 'commander'
import { openAccess } from './access.ts'
import { type Globals, globalsOf, passphraseSource } from './globals.ts'
import { forgetLogin, requireVault } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'
import { lend, readNewSecret, readSecret, type SecretSource } from './secrets.ts'

/** `passphrase change` and `passphrase recover`. */
export function addPassphrase(program: Command, place: Place): void {
  const passphrase = program.command('passphrase').description('changes the passphrase, or sets a new one with the recovery code')
  passphrase
    .command('change')
    .description('sets a new passphrase; the old one comes from --passphrase-file or is asked')
    .option('--new-passphrase-file <file>', 'reads the new passphrase from the first line of a file')
    .addHelpText('after', '\nExample:\n  $ holdfast passphrase change')
    .action(async (_options: unknown, command: Command) => {
      await change(globalsOf(command), place)
    })
  passphrase
    .command('recover')
    .description('opens the vault with its recovery code and sets a new passphrase')
    .option('--recovery-code-file <file>', 'reads the recovery code from the first line of a file')
    .option('--new-passphrase-file <file>', 'reads the new passphrase from the first line of a file')
    .addHelpText('after', '\nExample:\n  $ holdfast passphrase recover')
    .action(async (_options: unknown, command: Command) => {
      await recover(globalsOf(command), place)
    })
}

async function change(globals: Globals, place: Place): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    await requireVault(access)
    using current = await readSecret(passphraseSource(globals, 'Current passphrase: '))
    await lend(current, (bytes) => access.api.session.signIn({ passphrase: bytes }))
    using next = await readNewSecret(newPassphrase(globals))
    await lend(current, (old) => lend(next, (fresh) => access.api.vault.changePassphrase({ current: old, next: fresh })))
    // Its session has ended with the old passphrase.
    forgetLogin(access)
    say(globals, 'The passphrase is changed. All other sessions have ended.')
  } finally {
    await access.close()
  }
}

async function recover(globals: Globals, place: Place): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    await requireVault(access)
    using code = await readSecret({ option: '--recovery-code-file', file: globals.option('recoveryCodeFile'), question: 'Recovery code: ' })
    using next = await readNewSecret(newPassphrase(globals))
    await lend(code, (old) => lend(next, (fresh) => access.api.vault.recover({ code: old, next: fresh })))
    forgetLogin(access)
    say(globals, 'The new passphrase is set.')
  } finally {
    await access.close()
  }
}

function newPassphrase(globals: Globals): SecretSource {
  return { option: '--new-passphrase-file', file: globals.option('newPassphraseFile'), question: 'New passphrase: ' }
}

function say(globals: Globals, text: string): void {
  if (globals.json) printJson({})
  else printLine(text)
}
