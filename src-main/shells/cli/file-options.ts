import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { UsageError } from './usage.ts'
import { parseValue } from './values.ts'

/** What the `file` commands are told. */
export interface FileOptions {
  readonly key?: string[]
  readonly recipient?: string[]
  readonly context?: Record<string, string>
  readonly sign?: boolean
  readonly verify?: boolean
  readonly keyFile?: string[]
  readonly allowUncommitted?: boolean
  readonly recursive?: boolean
  readonly dataKeyPerFile?: boolean
  readonly out?: string
  readonly replace?: boolean
  readonly keepBoth?: boolean
}

/** Under which keys, and how. */
export function keyOptions(command: Command): Command {
  return command
    .addOption(new Option('--key <key>', 'key id, key ARN, alias name or alias ARN; given again, any of the keys opens the file').argParser(collect).makeOptionMandatory())
    .addOption(new Option('--recipient <file>', 'an RSA public key (PEM) of somebody who is to open the file without this vault; may be given again').argParser(collect))
    .addOption(contextOption('encryption context, in clear in the file: key=value,key2=value or JSON; may be given again'))
    .option('--sign', 'signs each file (suite 0578): slower, and whoever can decrypt it cannot alter it unseen')
    .option('--verify', 'reads each result back and verifies it before it gets its name')
}

/** What opens a file, and what is expected of it. */
export function openingOptions(command: Command): Command {
  return command
    .addOption(contextOption("pairs that the file's encryption context must hold"))
    .addOption(new Option('--key-file <file>', 'a raw key: an RSA private key in PEM, or {"namespace", "name", "key"} for AES; may be given again').argParser(collect))
    .option('--allow-uncommitted', 'reads messages without key commitment too')
}

export function targetOptions(command: Command): Command {
  return command
    .option('--out <dir>', 'the folder of the results, instead of beside the originals')
    .addOption(new Option('--replace', 'replaces a file that has the name of a result').conflicts('keepBoth'))
    .addOption(new Option('--keep-both', 'gives the result a number if its name is taken'))
}

/** Paths are the caller's: a running owner stands in another folder. */
export function target({ out, replace, keepBoth }: FileOptions): { folder?: string; existing: 'refuse' | 'replace' | 'keep-both' } {
  const existing = replace === true ? 'replace' : keepBoth === true ? 'keep-both' : 'refuse'
  return { existing, ...(out === undefined ? {} : { folder: resolve(out) }) }
}

export function encryptionOf({ key = [], recipient = [], context = {}, sign, verify }: FileOptions) {
  const [keyId = '', ...furtherKeyIds] = key
  return {
    keyId,
    furtherKeyIds,
    recipients: recipient.map((each) => resolve(each)),
    context,
    signature: sign === true ? ('ecdsa' as const) : ('none' as const),
    afterwards: verify === true ? ('verify' as const) : ('nothing' as const),
  }
}

export function decryptionOf({ context, keyFile = [], allowUncommitted }: FileOptions) {
  return {
    ...(context === undefined ? {} : { context }),
    keyFiles: keyFile.map((each) => resolve(each)),
    commitment: allowUncommitted === true ? ('allow' as const) : ('require' as const),
  }
}

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

function contextOption(description: string): Option {
  return new Option('--context <pairs>', description).argParser((given: string, earlier: Record<string, string> | undefined) => {
    const before = earlier ?? {}
    const pairs = parseValue({ member: 'Context', option: 'context', kind: { type: 'map' }, required: false, description }, given) as Record<string, string>
    const twice = Object.keys(pairs).some((key) => Object.hasOwn(before, key))
    if (twice) throw new UsageError('--context has a key twice.')
    return { ...before, ...pairs }
  })
}
