import pkcs11 from 'pkcs11js'
import { asBuffer } from '../bytes.ts'
import { ckrOf } from '../refusal.ts'
import { readUlong } from '../templates.ts'
import type { OpenToken } from '../token.ts'
import { secretTemplate, type SecretWish } from './wishes.ts'

/** The token gave an answer that is not the truth; the message says what, as a short sentence. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** The token has not what the check needs; the message says what is missing. */
export class NotThere extends Error {
  override readonly name = 'NotThere'
}

/** What a check that works has to say; silence: nothing. */
export interface Finding {
  /** A word of core/tokens/details.ts, or a short sentence. */
  readonly detail?: string
  /** The return value that the verdict rests on. */
  readonly ckr?: number
}

/** Key pairs that live as long as the token's session: making one takes minutes on a smart card. */
export type PairShelf = Map<string, pkcs11.KeyPair>

/**
 * One check at work. Its keys are session objects of the keeper, so that a failed operation in the work session does not take them along;
 * `finish` destroys them.
 */
export class Trial {
  readonly token: OpenToken
  readonly shelf: PairShelf
  readonly #listed: ReadonlySet<number>
  readonly #made: pkcs11.Handle[] = []
  readonly #times: number[] = []

  constructor(token: OpenToken, listed: ReadonlySet<number>, shelf: PairShelf) {
    this.token = token
    this.shelf = shelf
    this.#listed = listed
  }

  get functions(): pkcs11.PKCS11 {
    return this.token.functions
  }

  lists(mechanism: number): boolean {
    return this.#listed.has(mechanism)
  }

  /** A new secret key. */
  generate(mechanism: number, wish: SecretWish & { length: number }): pkcs11.Handle {
    return this.keep(this.functions.C_GenerateKey(this.token.keeper, { mechanism }, secretTemplate(wish)))
  }

  /** A secret key of a value that we know. */
  import(value: Buffer, wish: SecretWish): pkcs11.Handle {
    return this.keep(this.functions.C_CreateObject(this.token.keeper, secretTemplate(wish, [{ type: pkcs11.CKA_VALUE, value }])))
  }

  /** `import`, or undefined where the token lets no key in. */
  importIfPossible(value: Buffer, wish: SecretWish): pkcs11.Handle | undefined {
    return this.answered(() => this.import(value, wish))
  }

  /** Takes an object into the care of this trial. */
  keep(object: pkcs11.Handle): pkcs11.Handle {
    this.#made.push(object)
    return object
  }

  /** Work in the work session, which is closed if it throws. */
  attempt<T>(work: (session: pkcs11.Handle) => T): T {
    return this.token.attempt(work)
  }

  /** `attempt`, on the stopwatch: the check's main call. */
  timed<T>(work: (session: pkcs11.Handle) => T): T {
    return this.token.attempt((session) => {
      const started = performance.now()
      const result = work(session)
      this.#times.push(performance.now() - started)
      return result
    })
  }

  /** The result; undefined if the token refused with a return value. */
  answered<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (ckrOf(error) === undefined) throw error
      return undefined
    }
  }

  /** One attribute's bytes; undefined if the token does not show it. */
  attribute(object: pkcs11.Handle, type: number): Buffer | undefined {
    return this.answered(() => {
      const value = this.attempt((session) => this.functions.C_GetAttributeValue(session, object, [{ type }]))[0]?.value
      return Buffer.isBuffer(value) ? value : undefined
    })
  }

  /** Undefined if the token does not show it. */
  flag(object: pkcs11.Handle, type: number): boolean | undefined {
    const bytes = this.attribute(object, type)
    return bytes === undefined ? undefined : bytes.some((byte) => byte !== 0)
  }

  number(object: pkcs11.Handle, type: number): number | undefined {
    return readUlong(this.attribute(object, type))
  }

  /** Destroys what was made. What cannot be destroyed goes with the session, at the latest with this process. */
  finish(): void {
    for (const object of this.#made.splice(0)) this.answered(() => { this.functions.C_DestroyObject(this.token.keeper, object) })
  }

  /** Median of the timed calls. */
  get microseconds(): number | undefined {
    const times = this.#times.toSorted((a, b) => a - b)
    const middle = times[Math.floor(times.length / 2)]
    return middle === undefined ? undefined : Math.round(middle * 1000)
  }
}

/** Throws WrongAnswer unless it is so. */
export function must(so: boolean, otherwise: string): void {
  if (!so) throw new WrongAnswer(otherwise)
}

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(asBuffer(bytes))
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
