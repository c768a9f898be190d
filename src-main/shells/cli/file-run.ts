import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { FileProgress, FileResultView, FolderResultView } from '#contract/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { receivedFailure } from '../failures.ts'
import { type Access, openAccess } from './access.ts'
import { printable, showProgress } from './file-progress.ts'
import { type Globals, globalsOf } from './globals.ts'
import { signIn } from './login.ts'
import type { Place } from './place.ts'
import { printFailure, printLine } from './print.ts'

type Result = FileResultView | FolderResultView
export type Start = (access: Access, path: string, signal: AbortSignal) => Promise<AsyncIterator<FileProgress, Result>>

/** Runs a job for each path, with its progress, until all are done or somebody presses Ctrl-C. */
export async function run(paths: readonly string[], command: Command, place: Place, start: Start): Promise<void> {
  const globals = globalsOf(command)
  const access = await openAccess(globals.home, place.agent)
  try {
    await signIn(access, globals)
    const interrupt = interruption()
    await eachOf(paths, globals, (path) => runOne(path, globals, interrupt, () => start(access, path, interrupt)))
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
      tell(path, event.value, globals)
      return
    }
  } catch (error) {
    progress.end()
    // What an aborted call throws is the transport's own.
    throw interrupt.aborted ? new VaultError('CANCELLED') : error
  }
}

/** Of a folder, every file that was not done is named; then the command has failed. */
function tell(path: string, result: Result, { json }: Globals): void {
  if (json) printLine(JSON.stringify({ event: 'done', source: path, ...result }))
  if ('path' in result) {
    if (!json) printLine(result.path)
    return
  }
  if (!json) {
    for (const { path: failed, text } of result.failures) process.stderr.write(`holdfast: ${printable(failed)}: ${printable(text)}\n`)
    printLine(`${result.folder}: ${result.files} files, ${result.size} bytes${result.failed === 0 ? '' : `; ${result.failed} not done`}`)
  }
  if (result.failed > 0) throw new VaultError('FILES_FAILED', { count: result.failed, folder: path })
}

/**
 * One file's failure does not keep the others from being done: each is printed, the last one by the caller, as a single one would be.
 * Cancelling, and losing the owner, ends it for all.
 */
export async function eachOf(paths: readonly string[], globals: Globals, work: (path: string) => Promise<void>): Promise<void> {
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
