/**
 * Bytes that must not be printed, cloned or kept: an owner holds the one buffer and wipes it.
 *
 * `using pin = Secret.own(bytes)` wipes at the end of the block. Printing gives `[secret]`, JSON gives `"[secret]"`,
 * a structured clone gives `{}` (the bytes are in a private field). JavaScript cannot promise that no copy was ever made
 * (strings, garbage collection moves); what it can promise is that this buffer is zero afterwards.
 */
export class Secret implements Disposable {
  #bytes: Uint8Array | undefined

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Takes ownership of the buffer itself, not of a copy: the caller must not use it again. */
  static own(bytes: Uint8Array): Secret {
    return new Secret(bytes)
  }

  /** Owns a new copy; the caller keeps (and wipes) the original. */
  static copy(bytes: Uint8Array): Secret {
    return new Secret(Uint8Array.from(bytes))
  }

  /** Owns the UTF-8 bytes of a text. The text itself cannot be wiped: use it only where a library hands out strings. */
  static fromText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text))
  }

  /** The owned bytes, not a copy. Throws once wiped: using a secret after its end is our fault, never the caller's. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw new Error('secret used after it was wiped')
    return this.#bytes
  }

  /** Overwrites the bytes with zeros. May be called twice. */
  wipe(): void {
    this.#bytes?.fill(0)
    this.#bytes = undefined
  }

  [Symbol.dispose](): void {
    this.wipe()
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
