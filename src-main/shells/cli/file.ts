import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { FileProgress, FileResultView } from '#contract/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { inspectFile } from '#services/files/inspect-file.ts'
import { type Access, openAccess } from './access.ts'
import { factLines } from './file-facts.ts'
import { showProgress } from './file-progress.ts'
import { type Globals, globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'
import { asJson, printFailure, printLine } from './print.ts'
import { receivedFailure } from '../failures.ts'
import { UsageError } from './usage.ts'
import { parseValue } from './values.ts'

/** `file`: whole files under a key of the vault, as AWS Encryption SDK messages. */
export function addFile(program: Command, place: Place): void {
  const file = program.command('file').description('encrypts, decrypts and inspects files; the original stays as it is')
  withTarget(file.command('encrypt <path...>'))
    .description('encrypts each file to PATH.holdfast')
    .requiredOption('--key <key>', 'key id, key ARN, alias name or alias ARN')
    .addOption(contextOption('encryption context, in clear in the file: key=value,key2=value or JSON; may be given again'))
    .addHelpText('after', '\nExample:\n  $ holdfast file encrypt report.pdf notes.txt --key alias/backups --context purpose=backup --out /media/stick')
    .action(async (paths: string[], options: Options, command: Command) => {
      const { key = '', context = {} } = options
      await run(paths, command, place, (access, path, signal) => access.api.files.encrypt({ path, keyId: key, context, ...target(options) }, { signal }))
    })
  withTarget(file.command('decrypt <path...>'))
    .description('decrypts each file, to its name without .holdfast; it appears once every byte of it is verified')
    .addOption(contextOption("pairs that the file's encryption context must hold"))
    .addHelpText('after', '\nExample:\n  $ holdfast file decrypt report.pdf.holdfast --context purpose=backup --keep-both')
    .action(async (paths: string[], options: Options, command: Command) => {
      const { context } = options
      await run(paths, command, place, (access, path, signal) =>
        access.api.files.decrypt({ path, ...(context === undefined ? {} : { context }), ...target(options) }, { signal }),
      )
    })
  file
    .command('inspect <path...>')
    .description('shows what the header of each file says; uses no key, needs no vault and no passphrase, verifies nothing')
    .addHelpText('after', '\nExample:\n  $ holdfast file inspect report.pdf.holdfast')
    .action(async (paths: string[], _options: unknown, command: Command) => {
      await eachOf(paths, globalsOf(command), async (path) => {
        await inspect(path, globalsOf(command))
      })
    })
}

interface Options {
  readonly key?: string
  readonly context?: Record<string, string>
  readonly out?: string
  readonly replace?: boolean
  readonly keepBoth?: boolean
}

function withTarget(command: Command): Command {
  return command
    .option('--out <dir>', 'the folder of the results, instead of beside the originals')
    .addOption(new Option('--replace', 'replaces a file that has the name of a result').conflicts('keepBoth'))
    .addOption(new Option('--keep-both', 'gives the result a number if its name is taken'))
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

/** Paths are the caller's: a running owner stands in another folder. */
function target({ out, replace, keepBoth }: Options): { folder?: string; existing: 'refuse' | 'replace' | 'keep-both' } {
  const existing = replace === true ? 'replace' : keepBoth === true ? 'keep-both' : 'refuse'
  return { existing, ...(out === undefined ? {} : { folder: resolve(out) }) }
}

type Start = (access: Access, path: string, signal: AbortSignal) => Promise<AsyncIterator<FileProgress, FileResultView>>

async function run(paths: readonly string[], command: Command, place: Place, start: Start): Promise<void> {
  const globals = globalsOf(command)
  const access = await openAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    const interrupt = interruption()
    await eachOf(paths, globals, (path) => runOne(path, globals, interrupt, async () => start(access, path, interrupt)))
  } finally {
    // Waits for a job that was cancelled, if this process is its owner: nothing half done is left.
    await access.close()
  }
}

async function runOne(path: string, globals: Globals, interrupt: AbortSignal, start: () => ReturnType<Start>): Promise<void> {
  const progress = showProgress(path, globals.json)
  try {
    const events = await start()
    for (;;) {
      const event = await events.next()
      if (event.done !== true) {
        progress.update(event.value)
        continue
      }
      progress.end()
      if (globals.json) printLine(JSON.stringify({ event: 'done', source: path, ...event.value }))
      else printLine(event.value.path)
      return
    }
  } catch (error) {
    progress.end()
    // What an aborted call throws is the transport's own.
    throw interrupt.aborted ? new VaultError('CANCELLED') : error
  }
}

async function inspect(path: string, globals: Globals): Promise<void> {
  const { openSource } = await import('#files/source.ts')
  const facts = await inspectFile({ open: openSource }, path)
  if (globals.json) printLine(asJson({ path, ...facts }))
  else for (const line of factLines(path, facts)) printLine(line)
}

/**
 * One file's failure does not keep the others from being done: each is printed, the last one by the caller, as a single one would be.
 * Cancelling, and losing the owner, ends it for all.
 */
async function eachOf(paths: readonly string[], globals: Globals, work: (path: string) => Promise<void>): Promise<void> {
  let last: Error | undefined
  for (const path of paths.map((each) => resolve(each))) {
    try {
      await work(path)
    } catch (error) {
      const failure = receivedFailure(error)
      if (!(error instanceof Error) || failure === undefined || failure.code === 'CANCELLED' || failure.code === 'CONNECTION_LOST') throw error
      if (last !== undefined) printFailure(last, globals.json)
      if (globals.json) printLine(JSON.stringify({ event: 'failed', source: path, code: failure.code }))
      last = error
    }
  }
  if (last !== undefined) throw last
}

/** Aborts at the first Ctrl-C or SIGTERM; the second finds the system's own handling, which ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const abort = (): void => {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
    controller.abort()
  }
  process.on('SIGINT', abort)
  process.on('SIGTERM', abort)
  return controller.signal
}
