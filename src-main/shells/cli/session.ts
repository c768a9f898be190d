import type { Command } from 'commander'
import { openAccess, openOwnersAccess } from './access.ts'
import { type Globals, globalsOf } from './globals.ts'
import { forgetLogin, keepLogin, requireVault, resumeLogin, signIn } from './login.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'

/** `login`, `logout` and `lock`. */
export function addSession(program: Command, place: Place): void {
  program
    .command('login')
    .description('signs in at the running Holdfast, so that the commands of the next 12 hours ask for no passphrase')
    .addHelpText('after', '\nExample:\n  $ holdfast login')
    .action(async (_options: unknown, command: Command) => {
      await login(globalsOf(command), place)
    })
  program
    .command('logout')
    .description('ends the session of `login`')
    .addHelpText('after', '\nExample:\n  $ holdfast logout')
    .action(async (_options: unknown, command: Command) => {
      await logout(globalsOf(command), place)
    })
  program
    .command('lock')
    .description('closes the vault of the running Holdfast for everybody')
    .addHelpText('after', '\nExample:\n  $ holdfast lock')
    .action(async (_options: unknown, command: Command) => {
      await lock(globalsOf(command), place)
    })
}

async function login(globals: Globals, place: Place): Promise<void> {
  const access = await openOwnersAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    const { token, expiresAt } = await access.api.session.issue({})
    keepLogin(access, token)
    if (globals.json) printJson({ expiresAt })
    else printLine(`Signed in until ${expiresAt.toISOString()}.`)
  } finally {
    await access.close()
  }
}

async function logout(globals: Globals, place: Place): Promise<void> {
  const access = await openOwnersAccess(globals.home, place.agent)
  try {
    const wasIn = await resumeLogin(access)
    if (wasIn) await access.api.session.signOut({})
    forgetLogin(access)
    if (globals.json) printJson({ signedOut: wasIn })
    else printLine(wasIn ? 'Signed out.' : 'Nobody was signed in.')
  } finally {
    await access.close()
  }
}

async function lock(globals: Globals, place: Place): Promise<void> {
  const access = await openAccess(globals.home, place.agent)
  try {
    await requireVault(access)
    const { state } = await access.api.vault.status({})
    // A vault that this process itself owns is locked as soon as the command ends.
    if (state === 'unlocked') {
      await signIn(access, globals)
      await access.api.vault.lock({})
    }
    forgetLogin(access)
    if (globals.json) printJson({ state: 'locked' })
    else printLine('The vault is locked.')
  } finally {
    await access.close()
  }
}
