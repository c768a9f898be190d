import { type Command, Option } from 'commander'
import { homePath } from './homes.ts'
import type { SecretSource } from './secrets.ts'

/** What every command knows. */
export interface Globals {
  /** Absolute path. */
  readonly home: string
  readonly passphraseFile: string | undefined
  readonly json: boolean
  /** The value of one more option of the command; undefined if it was not given. */
  option(name: string): string | undefined
  flag(name: string): boolean
  /** The values of an option that may be given again. */
  list(name: string): readonly string[]
}

export function addGlobalOptions(program: Command): void {
  program
    .addOption(new Option('--home <dir>', 'the folder of the vault; one home, one vault').env('HOLDFAST_HOME'))
    .addOption(new Option('--passphrase-file <file>', 'reads the passphrase from the first line of a file, instead of asking').env('HOLDFAST_PASSPHRASE_FILE'))
    .option('--json', 'prints results and failures as JSON')
}

/** The global options and the command's own, wherever they stood. */
export function globalsOf(command: Command): Globals {
  const options: Record<string, unknown> = command.optsWithGlobals()
  const option = (name: string): string | undefined => {
    const value = options[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return {
    home: homePath(option('home'), process.env),
    passphraseFile: option('passphraseFile'),
    json: options['json'] === true,
    option,
    flag: (name) => options[name] === true,
    list: (name) => (Array.isArray(options[name]) ? (options[name] as string[]) : []),
  }
}

/** The vault's passphrase: --passphrase-file, else a question. */
export function passphraseSource(globals: Globals, question = 'Passphrase: '): SecretSource {
  return { option: '--passphrase-file', file: globals.passphraseFile, question }
}
