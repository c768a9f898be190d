import { Command, CommanderError } from 'commander'
import { addAccessKey } from './access-key.ts'
import { addAccount } from './account.ts'
import { addAudit } from './audit.ts'
import { addEndpoint } from './endpoint.ts'
import { addFile } from './file.ts'
import { addGlobalOptions } from './globals.ts'
import { addHsm } from './hsm.ts'
import { addInit } from './init.ts'
import { addKey } from './key.ts'
import { addKms } from './kms.ts'
import { addLink } from './link.ts'
import { addPassphrase } from './passphrase.ts'
import type { Place } from './place.ts'
import { addPrincipals } from './principals.ts'
import { printFailure } from './print.ts'
import { addServe } from './serve.ts'
import { addSession } from './session.ts'
import { addStatus } from './status.ts'
import { UsageError } from './usage.ts'

/** The exit codes of the command line. */
export const DONE = 0
export const FAILED = 1
export const WRONG_USAGE = 2

/** Runs one command line (without the program's own name). Resolves with its exit code; a failure is printed, never thrown. */
export async function runCommand(argv: readonly string[], place: Place): Promise<number> {
  try {
    await createProgram(place).parseAsync(argv, { from: 'user' })
    return DONE
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return DONE
    // Help that nobody asked for: it was printed in place of an answer.
    if (error instanceof CommanderError && error.code === 'commander.help') return WRONG_USAGE
    const shown = error instanceof CommanderError ? usageOf(error) : error
    printFailure(shown, argv.includes('--json'))
    return shown instanceof UsageError ? WRONG_USAGE : FAILED
  }
}

/** All commands. Parsing throws CommanderError instead of ending the process, and prints help only. */
export function createProgram(place: Place): Command {
  const program = new Command('holdfast')
    .description("A key management service on your own machine: AWS KMS's operations, master keys inside your own HSM.")
    .version(place.version)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
  addGlobalOptions(program)
  addInit(program, place)
  addStatus(program, place)
  addServe(program, place)
  addLink(program, place)
  addSession(program, place)
  addPassphrase(program, place)
  addKms(program, place)
  addKey(program, place)
  addEndpoint(program, place)
  addAccessKey(program, place)
  addAccount(program, place)
  addPrincipals(program, place)
  addHsm(program, place)
  addFile(program, place)
  addAudit(program, place)
  return program
}

/** Commander's sentence, less any value it repeats: `--passphrase=…` may hold what nobody should read. */
function usageOf(error: CommanderError): UsageError {
  const sentence = error.message.replace(/^error: /, '').replace(/[.\s]+$/, '').replaceAll(/=[^']*'/g, "=…'").replace(/argument '[^']*'/, 'argument')
  return new UsageError(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. Add --help to see what this command takes.`)
}
