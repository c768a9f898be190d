import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** Runs a change in a process that kills itself at the given step. A step beyond the last lets it live: `output` is the number of steps. */
export function killedAt(homePath: string, change: 'create-key' | 'create-pair' | 'create-sealed' | 'import' | 'delete-import' | 'change-passphrase', step: number): Promise<{ output: string; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'change-child.ts'), homePath, change, String(step)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.on('error', reject)
    child.on('close', (_code, signal) => { resolve({ output, signal }) })
  })
}
