import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'

// One GiB by the command line, as a person has it: `file encrypt`, `file decrypt`, `cmp`; and what the process needed at most.

const main = join(import.meta.dirname, '../../src-main/shells/cli/main.ts')
const GIB = 1_073_741_824
const MOST_RESIDENT = 300 * 1_048_576

it('encrypts and decrypts one GiB in less than 300 MB of memory', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-files-'))
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }) })
  const sh = (script: string): void => { expect(spawnSync('sh', ['-ec', script], { cwd: folder }).status, script).toBe(0) }
  sh('echo correct horse battery staple > passphrase; head -c 1073741824 /dev/urandom > original')
  const run = (...args: string[]) => command(folder, args)

  await run('init')
  const created = JSON.parse((await run('kms', 'create-key')).stdout) as { KeyMetadata: { KeyId: string } }
  const encrypted = await run('file', 'encrypt', 'original', '--key', created.KeyMetadata.KeyId, '--json')
  const decrypted = await run('file', 'decrypt', 'original.holdfast', '--out', 'home', '--json')

  sh('cmp original home/original')
  expect(statSync(join(folder, 'original.holdfast')).size).toBeGreaterThan(GIB)
  expect(readdirSync(folder).sort()).toEqual(['home', 'original', 'original.holdfast', 'passphrase'])
  for (const { peak } of [encrypted, decrypted]) {
    expect(peak).toBeGreaterThan(0)
    expect(peak).toBeLessThan(MOST_RESIDENT)
  }
  process.stdout.write(`peak resident: encrypt ${mib(encrypted.peak)} MiB, decrypt ${mib(decrypted.peak)} MiB\n`)
})

/** Runs a command to its end; `peak` is its VmHWM in bytes, read at its last word of progress and before. */
async function command(folder: string, args: readonly string[]): Promise<{ stdout: string; peak: number }> {
  const env = { ...process.env, HOLDFAST_HOME: join(folder, 'home'), HOLDFAST_PASSPHRASE_FILE: join(folder, 'passphrase') }
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let peak = 0
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    peak = Math.max(peak, peakOf(child.pid))
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code, args.join(' ')).toBe(0)
  return { stdout: lines.join('\n'), peak }
}

/** The kernel's own high-water mark, which only grows: 0 once the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')) ?? []
    return Number(kib ?? 0) * 1024
  } catch {
    // Gone between its line and our look.
    return 0
  }
}

function mib(bytes: number): number {
  return Math.round(bytes / 1_048_576)
}
