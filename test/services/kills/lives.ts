import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { temporaryHome, PASSPHRASE, secret } from '../temporary-vault.ts'

export interface Sum {
  readonly lives: number
  readonly calls: number
  readonly keys: number
  readonly proofs: number
  readonly records: number
}

/** Lets processes work on one vault and kills them, one after the other, until `enough(lives)`. Throws what a life found wrong. */
export async function killedLives(seed: number, enough: (lives: number) => boolean, tell: (text: string) => void = () => undefined): Promise<Sum> {
  const first = temporaryHome()
  const ledger = `${first.homePath}-ledger`
  try {
    await first.api.vault.initialise({ passphrase: secret(PASSPHRASE), account: '441722089135', region: 'lab' })
    await first.api.accounts.addRegion({ region: 'north' })
    await first.holdfast.close()
    let lives = 0
    for (; !enough(lives); lives++) {
      await life([first.homePath, ledger, String(seed + lives), 'work'], momentOf(seed + lives))
      tell(`life ${lives + 1} killed`)
    }
    const said = await life([first.homePath, ledger, String(seed), 'end'])
    return { lives, ...(JSON.parse(said) as Omit<Sum, 'lives'>) }
  } finally {
    await first[Symbol.asyncDispose]()
  }
}

/** Milliseconds from `checked` to the kill: mostly short, because most of what goes wrong does so in the middle of something new. */
function momentOf(life: number): number {
  const fraction = (Math.imul(life + 1, 2_654_435_761) >>> 0) / 0x1_0000_0000
  return 5 + 1_500 * fraction ** 2
}

/** One process; killed so many milliseconds after it has checked its vault, or left to its end. Gives what it printed. */
function life(args: readonly string[], milliseconds?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let complaint = ''
    let killed = false
    child.stderr.on('data', (chunk: Buffer) => { complaint += chunk.toString() })
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (milliseconds === undefined || output !== 'checked\n') return
      // Not a wait: the moment of the kill is what this is about.
      setTimeout(() => { killed = child.kill('SIGKILL') }, milliseconds)
    })
    child.on('error', reject)
    // `exit`, not `close`: its HSM host may hold the pipes a little longer, and the next life begins at once, as it would after a crash.
    child.on('exit', (code, signal) => {
      if ((killed && signal === 'SIGKILL') || (code === 0 && milliseconds === undefined)) setImmediate(() => { resolve(output) })
      else child.on('close', () => { reject(new Error(`a life ended with ${String(code ?? signal)} (${args.join(' ')}):\n${complaint}`)) })
    })
  })
}
