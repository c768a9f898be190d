#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from '#contract/zod.ts'
import { runCommand } from './program.ts'

// From source this file is src-main/shells/cli/main.ts; built it is out/serve/cli.js.
const root = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../..' : '../..')
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

const exitCode = await runCommand(process.argv.slice(2), { renderer: join(root, 'out/renderer'), version, agent: `holdfast-cli/${version}` })

// Nothing that a command leaves behind (a child that will not go, a terminal) may keep it from ending; only what is printed has to be out first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(exitCode)
