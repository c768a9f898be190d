import type { ReadStream } from 'node:tty'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** Longer than any passphrase; what is typed beyond it is dropped. */
const LONGEST = 4096

/** True if a person sits at this process and can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * Asks on the terminal and shows nothing of the answer. Undefined if the person declines (Ctrl-D on an empty line).
 * Throws CANCELLED at Ctrl-C, with the terminal as it was. The caller wipes the result.
 */
export async function askSecret(question: string): Promise<Secret | undefined> {
  const terminal = process.stdin as ReadStream
  const line = new TypedLine()
  // Before the question: whoever answers at once must not be echoed.
  terminal.setRawMode(true)
  process.stderr.write(question)
  try {
    return await new Promise<Secret | undefined>((resolve, reject) => {
      const typed = (chunk: Buffer): void => {
        const end = line.take(chunk)
        chunk.fill(0)
        if (end === undefined) return
        terminal.off('data', typed)
        if (end === 'interrupt') reject(new VaultError('CANCELLED'))
        else resolve(end === 'declined' ? undefined : line.secret())
      }
      terminal.on('data', typed)
      terminal.resume()
    })
  } finally {
    terminal.setRawMode(false)
    terminal.pause()
    line.wipe()
    process.stderr.write('\n')
  }
}

const CTRL_C = 0x03
const CTRL_D = 0x04
const CTRL_H = 0x08
const LINE_FEED = 0x0a
const RETURN = 0x0d
const CTRL_U = 0x15
const DELETE = 0x7f

/** One line as it is typed on a raw terminal, with the keys that a person uses blindly: backspace and Ctrl-U. */
export class TypedLine {
  readonly #bytes = Buffer.alloc(LONGEST)
  #length = 0

  /** Takes what the terminal sent; says how the line ended, if it did. */
  take(chunk: Uint8Array): 'entered' | 'declined' | 'interrupt' | undefined {
    for (const byte of chunk) {
      if (byte === RETURN || byte === LINE_FEED) return 'entered'
      if (byte === CTRL_C) return 'interrupt'
      if (byte === CTRL_D) {
        if (this.#length === 0) return 'declined'
      } else if (byte === DELETE || byte === CTRL_H) this.#dropCharacter()
      else if (byte === CTRL_U) this.wipe()
      else if (byte >= 0x20 && this.#length < LONGEST) this.#bytes[this.#length++] = byte
    }
    return undefined
  }

  /** A copy of what was typed. */
  secret(): Secret {
    return Secret.copy(this.#bytes.subarray(0, this.#length))
  }

  wipe(): void {
    this.#bytes.fill(0)
    this.#length = 0
  }

  /** UTF-8: continuation bytes go together with the byte that leads them. */
  #dropCharacter(): void {
    let dropped = 0x80
    while (this.#length > 0 && (dropped & 0xc0) === 0x80) {
      dropped = this.#bytes[--this.#length] ?? 0
      this.#bytes[this.#length] = 0
    }
  }
}
