#!/usr/bin/env node
import { consoleFolder, version } from '../places.ts'
import { runCommand } from './program.ts'

const exitCode = await runCommand(process.argv.slice(2), { renderer: consoleFolder(), version: version(), agent: `holdfast-cli/${version()}` })

// Nothing that a command leaves behind (a child that will not go, a terminal) may keep it from ending; only what is printed has to be out first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(exitCode)
