import { existsSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What a process that will be killed was asked and has answered, as JSON lines beside the home. A line that was written outlives the process:
 * `write` has handed it to the kernel. What is begun and never answered may have happened or not; everything else must be as it was said.
 */
export type Line =
  /** Before a call: what each aspect of the vault becomes if it succeeds, and when what it schedules is due at the earliest. */
  | { readonly begin: number; readonly move: string; readonly sets: Readonly<Record<string, string>>; readonly due?: Readonly<Record<string, number>> }
  /** After it: undefined aspects for a call that was refused, and changed nothing. */
  | { readonly end: number; readonly failed?: string; readonly keys?: readonly KnownKey[]; readonly proofs?: readonly Proof[] }
  /** The wall clock is about to be this. */
  | { readonly clock: number }
  /** Materials that were seen in the store: of keys that are there, none of them may be lost. */
  | { readonly materials: Readonly<Record<string, readonly string[]>> }
  /** What a new process found: one value for each aspect. */
  | { readonly found: Readonly<Record<string, string>> }

/** A key that was made; `actor` is the only one who touches it. */
export interface KnownKey {
  readonly id: string
  readonly actor: number
  readonly kind: string
}

/** Something that only this very material could have made, in base64. */
export interface Proof {
  readonly key: string
  readonly use: 'ciphertext' | 'signature' | 'mac'
  readonly made: string
}

/** The sum of a ledger. */
export interface Account {
  readonly keys: Map<string, KnownKey>
  /** For each aspect the values that it may have now. */
  readonly aspects: Map<string, Set<string>>
  /** For each key and Region: the earliest end of its waiting period. */
  readonly due: Map<string, number>
  readonly proofs: Proof[]
  readonly materials: Map<string, Set<string>>
  clock: number
  calls: number
}

export class Ledger {
  readonly account: Account
  readonly #file: number
  readonly #open = new Map<number, Extract<Line, { begin: number }>>()

  constructor(path: string) {
    this.account = { keys: new Map(), aspects: new Map(), due: new Map(), proofs: [], materials: new Map(), clock: Date.UTC(2026, 0, 1), calls: 0 }
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((line) => line !== '') : []
    this.#file = openSync(path, 'a', 0o600)
    for (const line of lines) this.#take(JSON.parse(line) as Line)
  }

  write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`)
    this.#take(line)
  }

  #take(line: Line): void {
    const { account } = this
    if ('begin' in line) {
      account.calls = line.begin + 1
      this.#open.set(line.begin, line)
      for (const [aspect, value] of Object.entries(line.sets)) mayBe(account, aspect).add(value)
      for (const [key, at] of Object.entries(line.due ?? {})) account.due.set(key, at)
    } else if ('end' in line) {
      const begun = this.#open.get(line.end)
      this.#open.delete(line.end)
      if (line.failed !== undefined) return
      for (const [aspect, value] of Object.entries(begun?.sets ?? {})) account.aspects.set(aspect, new Set([value]))
      for (const key of line.keys ?? []) {
        account.keys.set(key.id, key)
        account.aspects.set(`key ${key.id} lab`, new Set(['Enabled']))
      }
      account.proofs.push(...(line.proofs ?? []))
    } else if ('clock' in line) account.clock = line.clock
    else if ('materials' in line) {
      for (const [key, ids] of Object.entries(line.materials)) account.materials.set(key, new Set([...(account.materials.get(key) ?? []), ...ids]))
    } else for (const [aspect, value] of Object.entries(line.found)) account.aspects.set(aspect, new Set([value]))
  }
}

function mayBe(account: Account, aspect: string): Set<string> {
  const values = account.aspects.get(aspect) ?? new Set(['none'])
  account.aspects.set(aspect, values)
  return values
}
