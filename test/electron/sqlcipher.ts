import Signal from '@signalapp/sqlcipher'

// better-sqlite3-multiple-ciphers needs Node-API 10; the Electron that tests can get (33) has 9 and dies on it. There @signalapp/sqlcipher
// opens the same files, behind this face of what src-main/store uses of the first. Only builds for such a runtime contain it.

type Value = string | number | bigint | Uint8Array | null

type Native = ReturnType<typeof Signal.prototype.prepare<{ bigint: true }>>

/** The part of better-sqlite3-multiple-ciphers' Statement that the store uses. */
class Statement {
  readonly #statement: Native
  /** The same statement for bigints, which it binds only where it also gives them back. */
  readonly #withBigints: () => Native

  constructor(database: Signal, sql: string) {
    this.#statement = database.prepare(sql)
    let withBigints: Native | undefined
    this.#withBigints = () => (withBigints ??= database.prepare(sql, { bigint: true }))
  }

  run(...values: Value[]): { changes: number } {
    return this.#for(values).run(bound(values))
  }

  get(...values: Value[]): unknown {
    return asNumbers(this.#for(values).get(bound(values)))
  }

  all(...values: Value[]): unknown[] {
    return this.#for(values).all(bound(values)).map(asNumbers)
  }

  #for(values: readonly Value[]): Native {
    return values.some((value) => typeof value === 'bigint') ? this.#withBigints() : this.#statement
  }
}

/** The part of its Database. */
export default class Database {
  readonly #database: Signal
  #open = true

  constructor(path: string) {
    this.#database = new Signal(path)
    // It would print to stderr what it thinks of a wrong key.
    this.#database.pragma('cipher_log_level = NONE')
  }

  prepare(sql: string): Statement {
    return new Statement(this.#database, sql)
  }

  exec(sql: string): this {
    this.#database.exec(sql)
    return this
  }

  pragma(text: string, options?: { simple?: boolean }): unknown {
    // It knows one cipher, and needs no telling.
    if (/^(cipher|legacy)\b/.test(text)) return undefined
    return options?.simple === true ? this.#database.pragma(text, { simple: true }) : this.#database.pragma(text)
  }

  close(): this {
    if (this.#open) this.#database.close()
    this.#open = false
    return this
  }
}

/** No parameters are `undefined` to it. */
function bound(values: readonly Value[]): (string | number | bigint | Uint8Array<ArrayBuffer> | null)[] | undefined {
  return values.length === 0 ? undefined : values.map((value) => (value instanceof Uint8Array ? Uint8Array.from(value) : value))
}

function asNumbers(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : (value as Value)]))
}
