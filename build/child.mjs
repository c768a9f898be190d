// Other programs: run one and read it, run one in our terminal, or become one.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * @typedef {object} Outcome
 * @property {number} code the exit code; 127 if the program could not be started, 128 + n if signal n ended it
 * @property {string} output what it printed on both streams
 */

/**
 * Runs a program to its end without a terminal and gives all that it printed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} [options] timeout in milliseconds, then the program is killed
 * @returns {Promise<Outcome>}
 */
export function capture(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ code: 127, output: `${program}: ${error.message}` }))
    child.on('close', (code, signal) => resolve({ code: exitCode(code, signal), output }))
  })
}

/**
 * Runs a program to its end in our terminal, passing signals on.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, stdout?: 'inherit' | 'stderr', shell?: boolean }} [options] where its stdout goes; stdin is ours unless stdout is not
 * @returns {Promise<number>} its exit code
 */
export function inherit(program, args, { stdout = 'inherit', ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: stdout === 'inherit' ? 'inherit' : ['ignore', 2, 2] })
    const stopPassing = passSignals(child)
    child.on('error', (error) => {
      stopPassing()
      process.stderr.write(`${program}: ${error.message}\n`)
      resolve(127)
    })
    child.on('close', (code, signal) => {
      stopPassing()
      resolve(exitCode(code, signal))
    })
  })
}

/**
 * Becomes another program: same process, terminal and signals where the system can (Node 24 on Linux and macOS),
 * else a child whose exit code is ours.
 * @param {string} program absolute
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code, if we live to see it
 */
export async function become(program, args, env) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.removeAllListeners('warning') // "experimental", printed over the program's own output
    process.execve(program, [program, ...args], withoutUndefined(env))
  }
  if (startedByNpm()) await import('./orphan.mjs')
  return inherit(program, args, { env })
}

/**
 * Node's arguments for a script that we become: under npm it must notice when npm is told to stop.
 * @param {string} script absolute
 * @param {readonly string[]} args
 */
export function scriptArguments(script, args) {
  return [...(startedByNpm() ? ['--import', new URL('orphan.mjs', import.meta.url).href] : []), script, ...args]
}

/** Whether npm has started us, and may be told to stop us. */
export function startedByNpm() {
  return ['start', 'cli'].includes(process.env['npm_lifecycle_event'] ?? '')
}

/** The absolute path of a program on PATH, undefined if there is none. @param {string} name @param {NodeJS.ProcessEnv} [env] */
export function which(name, env = process.env) {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** @param {number | null} code @param {NodeJS.Signals | null} signal */
function exitCode(code, signal) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0)
}

/**
 * Passes signals on to a child. A terminal sends Ctrl-C to the whole group by itself: then it must not arrive twice.
 * @param {import('node:child_process').ChildProcess} child
 */
function passSignals(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const pass = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  return () => {
    for (const signal of signals) process.off(signal, pass)
  }
}

/** @param {NodeJS.ProcessEnv} env @returns {Record<string, string>} */
function withoutUndefined(env) {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
