#!/usr/bin/env node
import { consoleFolder, version } from '../places.ts'
import { printFailure } from './print.ts'
import { FAILED, runCommand } from './program.ts'

const argv = process.argv.slice(2)

// What nobody caught ends the process (the kernel drops the vault's lock), but by the same rules as every failure: no values in the log.
process.on('uncaughtException', (error) => {
  printFailure(error, argv.includes('--json'))
  process.exit(FAILED)
})
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read our output has seen enough of it (`| head`).
  if (error.code === 'EPIPE') process.exit(FAILED)
  throw error
})

const exitCode = await runCommand(argv, { renderer: consoleFolder(), version: version(), agent: `holdfast-cli/${version()}` })

// Nothing that a command leaves behind (a child that will not go, a terminal) may keep it from ending; only what is printed has to be out first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(exitCode)
