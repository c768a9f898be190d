import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('loads no HTTP before a command needs it: importing node:http as a module brings Node\'s whole client along, which takes longer than most commands', () => {
  const program = join(import.meta.dirname, '../../src-main/shells/cli/program.ts')
  const script = `await import(${JSON.stringify(program)}); console.log(JSON.stringify(process.moduleLoadList))`
  const loaded = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })) as string[]
  expect(loaded.some((name) => name.endsWith('fs'))).toBe(true)
  expect(loaded.filter((name) => name.includes('undici/undici'))).toEqual([])
})
