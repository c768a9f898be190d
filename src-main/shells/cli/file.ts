import { lstat } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { VaultError } from '#core/vocabulary/failures.ts'
import { inspectFile } from '#services/files/inspect-file.ts'
import { addFileBench } from './file-bench.ts'
import { factLines } from './file-facts.ts'
import { decryptionOf, encryptionOf, keyOptions, openingOptions, target, targetOptions, type FileOptions } from './file-options.ts'
import { eachOf, run } from './file-run.ts'
import { type Globals, globalsOf } from './globals.ts'
import type { Place } from './place.ts'
import { asJson, printLine } from './print.ts'

/** `file`: whole files under keys of the vault, as AWS Encryption SDK messages. */
export function addFile(program: Command, place: Place): void {
  const file = program.command('file').description('encrypts, decrypts, verifies and inspects files; the original stays as it is')
  targetOptions(keyOptions(file.command('encrypt <path...>')))
    .description('encrypts each file to PATH.holdfast')
    .option('-r, --recursive', 'takes folders: each file below them is encrypted, the tree is mirrored')
    .option('--data-key-per-file', 'of a folder, gives each file a data key of its own instead of one for all')
    .addHelpText('after', '\nExample:\n  $ holdfast file encrypt report.pdf notes.txt --key alias/backups --context purpose=backup --out /media/stick\n  $ holdfast file encrypt -r photos --key alias/backups')
    .action(async (paths: string[], options: FileOptions, command: Command) => {
      await run(paths, command, place, async ({ api }, path, signal) => {
        const request = { path, ...encryptionOf(options), ...target(options) }
        if (!(await isFolder(path, options))) return api.files.encrypt(request, { signal })
        // A signed message is bound to a data key of its own, and reading back goes file by file.
        const perFile = options.dataKeyPerFile === true || options.sign === true || options.verify === true
        return api.files.encryptFolder({ ...request, dataKey: perFile ? 'per-file' : 'batch' }, { signal })
      })
    })
  targetOptions(openingOptions(file.command('decrypt <path...>')))
    .description('decrypts each file, to its name without .holdfast; it appears once every byte of it is verified')
    .option('-r, --recursive', 'takes folders: each encrypted file below them is decrypted')
    .addHelpText('after', '\nExample:\n  $ holdfast file decrypt report.pdf.holdfast --context purpose=backup --keep-both')
    .action(async (paths: string[], options: FileOptions, command: Command) => {
      await run(paths, command, place, async ({ api }, path, signal) => {
        const request = { path, ...decryptionOf(options), ...target(options) }
        return (await isFolder(path, options)) ? api.files.decryptFolder(request, { signal }) : api.files.decrypt(request, { signal })
      })
    })
  openingOptions(file.command('verify <path...>'))
    .description('verifies every byte of each file, as decrypting would, and writes nothing')
    .addHelpText('after', '\nExample:\n  $ holdfast file verify /media/stick/*.holdfast')
    .action(async (paths: string[], options: FileOptions, command: Command) => {
      await run(paths, command, place, async ({ api }, path, signal) => api.files.verify({ path, ...decryptionOf(options) }, { signal }))
    })
  targetOptions(keyOptions(file.command('reencrypt <path...>')))
    .description('encrypts each encrypted file anew under other keys; the old one stays until the new one is verified')
    .addOption(new Option('--key-file <file>', 'a raw key that opens the old file; may be given again').argParser(collect))
    .option('--allow-uncommitted', 'reads messages without key commitment too')
    .addHelpText('after', '\nExample:\n  $ holdfast file reencrypt report.pdf.holdfast --key alias/archive')
    .action(async (paths: string[], options: FileOptions, command: Command) => {
      await run(paths, command, place, async ({ api }, path, signal) => {
        // The context that is given is the new file's.
        return api.files.reencrypt({ path, from: decryptionOf({ ...options, context: {} }), to: encryptionOf(options), ...target(options) }, { signal })
      })
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
  addFileBench(file)
}

/** A folder is taken only where that was said: a glob may name one by mistake. */
async function isFolder(path: string, { recursive }: FileOptions): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined) // what is wrong with it is told by whoever opens it
  if (stats?.isDirectory() !== true) return false
  if (recursive !== true) throw new VaultError('FILE_UNREADABLE', { file: path, reason: 'it is a folder; take it with --recursive' })
  return true
}

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value]
}

async function inspect(path: string, globals: Globals): Promise<void> {
  const { openSource } = await import('#files/source.ts')
  const facts = await inspectFile({ open: openSource }, path)
  if (globals.json) printLine(asJson({ path, ...facts }))
  else for (const line of factLines(path, facts)) printLine(line)
}
