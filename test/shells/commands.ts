import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** The real command line, in processes of its own. */

const main = new URL('../../src-main/shells/cli/main.ts', import.meta.url).pathname

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly home: string
  readonly passphraseFile?: string | undefined
  /** XDG_RUNTIME_DIR; undefined leaves it unset. */
  readonly runtime?: string | undefined
  /** A folder of programs that come before all others. */
  readonly programs?: string | undefined
}

/** Runs one command to its end. */
export async function holdfast(around: Surroundings, ...args: string[]): Promise<Outcome> {
  const child = start(around, args)
  child.stdin.end()
  return outcome(child)
}

/** `serve --json`, once it is ready. */
export async function serving(around: Surroundings, ...args: string[]): Promise<{ ready: Ready; child: ChildProcessWithoutNullStreams; ended: Promise<Outcome> }> {
  const child = start(around, ['serve', '--json', ...args])
  const ended = outcome(child)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const lines = createInterface(child.stdout)
  const first = await Promise.race([once(lines, 'line'), ended.then(({ stderr }) => Promise.reject(new Error(`serve ended: ${stderr}`)))])
  return { ready: JSON.parse(String(first[0])) as Ready, child, ended }
}

export interface Ready {
  readonly event: string
  readonly url: string
  readonly link: string
  readonly socket: string
  readonly pid: number
  /** Where the KMS endpoint is, if it was asked for. */
  readonly kms?: string
  /** Where the metrics are, if they were asked for. */
  readonly metrics?: string
}

/** The environment of a command: nothing of this process's own vaults or terminals. */
export function environment({ home, passphraseFile, runtime, programs }: Surroundings): NodeJS.ProcessEnv {
  const { PATH, HOME, HOLDFAST_SOFTHSM, SOFTHSM2_CONF } = process.env
  const path = programs === undefined ? PATH : `${programs}:${PATH ?? ''}`
  const given = { PATH: path, HOME, HOLDFAST_SOFTHSM, SOFTHSM2_CONF, HOLDFAST_HOME: home, HOLDFAST_PASSPHRASE_FILE: passphraseFile, XDG_RUNTIME_DIR: runtime }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** Node and its arguments for a command. */
export function commandLine(args: readonly string[]): [string, string[]] {
  return [process.execPath, [main, ...args]]
}

function start(around: Surroundings, args: readonly string[]): ChildProcessWithoutNullStreams {
  const [program, rest] = commandLine(args)
  return spawn(program, rest, { env: environment(around) })
}

async function outcome(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
