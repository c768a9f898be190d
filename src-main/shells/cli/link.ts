import type { Command } from 'commander'
import { VaultError } from '#core/vocabulary/failures.ts'
import { askForLink } from '../local/connect.ts'
import { globalsOf } from './globals.ts'
import type { Place } from './place.ts'
import { printJson, printLine } from './print.ts'

export function addLink(program: Command, place: Place): void {
  program
    .command('link')
    .description('prints a fresh one-time link to the console of the running Holdfast')
    .addHelpText('after', '\nExample:\n  $ holdfast link')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command)
      const answer = await askForLink(globals.home, place.agent)
      if (typeof answer === 'string') throw new VaultError('NOT_RUNNING')
      if (globals.json) printJson(answer)
      else printLine(answer.link)
    })
}
