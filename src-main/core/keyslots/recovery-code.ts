import type { Ambient } from '../ports/ambient.ts'
import { Secret } from '../vocabulary/secret.ts'

// docs/spec/recovery-code-v1.md: 160 random bits as 8 groups of 4 characters and a check character.

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_BYTES = 20
const GROUPS = 8
const DATA_PER_GROUP = 4
const CHARACTERS = GROUPS * (DATA_PER_GROUP + 1)

/** The 20 bytes of a code, or the groups (from 1 to 8) in which a character is wrong; none named: it has too few or too many characters. */
export type RecoveryCodeReading = { readonly secret: Secret } | { readonly secret?: never; readonly wrongGroups: readonly number[] }

/** A new code's 20 bytes. The caller wipes them. */
export function makeRecoveryCode(ambient: Ambient): Secret {
  return Secret.own(ambient.random(CODE_BYTES))
}

/** The printed form, ASCII: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`. The caller wipes it. */
export function printRecoveryCode(code: Secret): Secret {
  const text = new Uint8Array(CHARACTERS + GROUPS - 1).fill('-'.charCodeAt(0))
  for (let group = 0; group < GROUPS; group++) {
    const digits = digitsOf(code.bytes, group)
    const characters = [...digits, checkDigit(digits, group)].map((digit) => ALPHABET.charCodeAt(digit))
    text.set(characters, group * (DATA_PER_GROUP + 2))
  }
  return Secret.own(text)
}

/**
 * Reads what a person typed (ASCII): lower case, O for 0, I and L for 1, hyphens and spaces anywhere are taken. A slip is told by the
 * check characters before Argon2id is asked. The given text stays as it is; the caller wipes the result.
 */
export function readRecoveryCode(text: Secret): RecoveryCodeReading {
  using typed = Secret.own(digitsOfText(text.bytes))
  if (typed.bytes.length !== CHARACTERS) return { wrongGroups: [] }
  const wrongGroups: number[] = []
  const code = new Uint8Array(CODE_BYTES)
  for (let group = 0; group < GROUPS; group++) {
    const [digits, check] = groupOf(typed.bytes, group)
    if (digits.every((digit) => digit < 32) && checkDigit(digits, group) === check) putDigits(code, digits, group)
    else wrongGroups.push(group + 1)
  }
  if (wrongGroups.length === 0) return { secret: Secret.own(code) }
  code.fill(0)
  return { wrongGroups }
}

/**
 * c = group + 2·d1 + 4·d2 + 8·d3 + 16·d4 over GF(32) with z^5 = z^3 + 1 (the field of BIP 173): all weights differ and none is zero, so
 * every wrong character and every two exchanged ones of a group change it; the added group number tells exchanged groups.
 */
function checkDigit(digits: ArrayLike<number>, group: number): number {
  let sum = 0
  for (let i = DATA_PER_GROUP - 1; i >= 0; i--) sum = double(sum ^ (digits[i] ?? 0))
  return sum ^ group
}

/** Times z. */
function double(value: number): number {
  return value & 0x10 ? (value << 1) ^ 0x29 : value << 1
}

function groupOf(typed: Uint8Array, group: number): [Uint8Array, number | undefined] {
  const at = group * (DATA_PER_GROUP + 1)
  return [typed.subarray(at, at + DATA_PER_GROUP), typed[at + DATA_PER_GROUP]]
}

/** Four digits of 5 bits: 20 bits of the code, so two groups are five bytes. */
function digitsOf(code: Uint8Array, group: number): number[] {
  const at = (group >> 1) * 5
  const bytes = group % 2 === 0 ? [code[at], code[at + 1], code[at + 2]] : [code[at + 2], code[at + 3], code[at + 4]]
  const word = bytes.reduce<number>((sum, byte) => (sum << 8) | (byte ?? 0), 0)
  const bits = group % 2 === 0 ? word >> 4 : word & 0xfffff
  return [15, 10, 5, 0].map((shift) => (bits >> shift) & 31)
}

function putDigits(code: Uint8Array, digits: Uint8Array, group: number): void {
  const bits = digits.reduce((sum, digit) => (sum << 5) | digit, 0)
  const at = (group >> 1) * 5
  const word = group % 2 === 0 ? bits << 4 : bits
  const first = group % 2 === 0 ? at : at + 2
  for (const [i, shift] of [16, 8, 0].entries()) code[first + i] = (code[first + i] ?? 0) | ((word >> shift) & 0xff)
}

/** One byte per character that counts; 0xff for one that is in no alphabet. */
function digitsOfText(text: Uint8Array): Uint8Array {
  const digits = new Uint8Array(text.length)
  let count = 0
  for (const byte of text) {
    const character = String.fromCharCode(byte).toUpperCase()
    if (character === '-' || character <= ' ') continue
    const digit = ALPHABET.indexOf(SAME.get(character) ?? character)
    digits[count++] = digit < 0 ? 0xff : digit
  }
  return digits.subarray(0, count)
}

const SAME = new Map([['O', '0'], ['I', '1'], ['L', '1']])
