import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const CHILD = join(import.meta.dirname, 'child.ts')
const SHIM = join(import.meta.dirname, 'files-shim.c')

/** Why the shim cannot be used here; undefined if it can. */
export function shimMissing(): string | undefined {
  if (process.platform !== 'linux') return 'LD_PRELOAD is needed (Linux)'
  return spawnSync('cc', ['--version']).status === 0 ? undefined : 'a C compiler is needed (apt-get install gcc)'
}

/** Builds the shim into a folder. */
export function buildShim(folder: string): string {
  const library = join(folder, 'files-shim.so')
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, SHIM, '-ldl'])
  return library
}

export interface ChildOptions {
  readonly shim?: string
  readonly log?: string
  readonly dieAt?: number
}

/** Starts a scenario of child.ts. */
export function startChild(scenario: string, folder: string, options: ChildOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [CHILD, scenario, folder], { env: environment(options) })
}

/** Runs a scenario to its end: what it said, and how it ended. */
export function runChild(scenario: string, folder: string, options: ChildOptions = {}): { said: unknown[]; signal: NodeJS.Signals | null; trouble: string } {
  const run = spawnSync(process.execPath, [CHILD, scenario, folder], { env: environment(options), encoding: 'utf8' })
  const said = run.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as unknown)
  return { said, signal: run.signal, trouble: run.stderr }
}

/**
 * Where to end a process, by the log of a run with `dieAt: 0`: before every changing call (counted from 1). Of a run of equal calls,
 * such as the pages of one commit, the first, the second and the last stand for all.
 */
export function stepsOf(log: string): number[] {
  if (!existsSync(log)) return []
  const calls = readFileSync(log, 'utf8').split('\n').filter((line) => line.startsWith('step '))
  const differs = (i: number): boolean => calls[i] !== calls[i - 1]
  return calls.flatMap((_, i) => (differs(i) || differs(i - 1) || differs(i + 1) ? [i + 1] : []))
}

function environment({ shim, log, dieAt }: ChildOptions): NodeJS.ProcessEnv {
  return { ...process.env, ...(shim && { LD_PRELOAD: shim }), ...(log && { SHIM_LOG: log }), ...(dieAt !== undefined && { DIE_AT: String(dieAt) }) }
}
