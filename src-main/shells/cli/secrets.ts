import { closeSync, openSync, readSync } from 'node:fs'
import { compareBytes } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { askSecret, canAsk } from './prompt.ts'
import { UsageError } from './usage.ts'

/** Where a secret comes from: a file, else a person. Never the command line itself, which every user of the machine can read. */
export interface SecretSource {
  /** The option that names the file, for messages. */
  readonly option: string
  readonly file: string | undefined
  readonly question: string
}

/** A passphrase or code. Throws PASSPHRASE_MISSING, CANCELLED. The caller wipes the result. */
export async function readSecret(source: SecretSource): Promise<Secret> {
  if (source.file !== undefined) return readSecretFile(source.file, source.option)
  const typed = canAsk() ? await askSecret(source.question) : undefined
  return present(typed)
}

/** A new passphrase; a person types it twice. */
export async function readNewSecret(source: SecretSource): Promise<Secret> {
  const first = await readSecret(source)
  if (source.file !== undefined) return first
  using second = present(await askSecret('The same again: '))
  if (compareBytes(first.bytes, second.bytes) === 0) return first
  first.wipe()
  throw new UsageError('The two passphrases differ. Nothing was changed.')
}

/** Gives a call a copy of a secret, which the receiver may wipe, and wipes that copy in any case. */
export async function lend<Result>(secret: Secret, call: (bytes: Uint8Array<ArrayBuffer>) => Promise<Result>): Promise<Result> {
  const copy = Uint8Array.from(secret.bytes)
  try {
    return await call(copy)
  } finally {
    copy.fill(0)
  }
}

const STANDARD_INPUT = 0

/** Longer than any passphrase: a wrong file is not read to its end. */
const LONGEST = 4096

/** The bytes up to the first line feed (a carriage return before it does not count). Works on pipes as well. The caller wipes the result. */
export function readSecretFile(path: string, option: string): Secret {
  return present(readSecretLine(path, option))
}

/** As readSecretFile, but may be empty; `-` is the standard input. */
export function readSecretLine(path: string, option: string): Secret {
  const buffer = Buffer.alloc(LONGEST)
  try {
    const length = readLine(path, option, buffer)
    return Secret.copy(buffer.subarray(0, length))
  } finally {
    buffer.fill(0)
  }
}

function readLine(path: string, option: string, buffer: Buffer): number {
  const file = opened(path, option)
  try {
    let length = 0
    for (;;) {
      const count = readSync(file, buffer, length, LONGEST - length, null)
      const end = buffer.subarray(0, length + count).indexOf(0x0a)
      if (end >= 0) return buffer[end - 1] === 0x0d ? end - 1 : end
      length += count
      if (length === LONGEST) throw new UsageError(`The first line of ${option}'s file is too long.`)
      if (count === 0) return length
    }
  } finally {
    if (file !== STANDARD_INPUT) closeSync(file)
  }
}

function opened(path: string, option: string): number {
  if (path === '-') return STANDARD_INPUT
  try {
    return openSync(path, 'r')
  } catch (error) {
    // The path is not repeated: a passphrase may have been given in its place.
    if (error instanceof Error && 'code' in error) throw new UsageError(`The file that ${option} names cannot be read (${String(error.code)}).`)
    throw error
  }
}

function present(secret: Secret | undefined): Secret {
  if (secret === undefined || secret.bytes.length === 0) throw new VaultError('PASSPHRASE_MISSING')
  return secret
}
