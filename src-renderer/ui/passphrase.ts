/** UTF-8 of what was typed, for the contract. Who calls it hands the buffer to somebody who wipes it. */
export function typedBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** How hard a passphrase is to guess, as far as its form tells. */
export interface Strength {
  /** 0 to 4. */
  readonly level: 0 | 1 | 2 | 3 | 4
  readonly word: string
}

const WORDS = ['', 'Easy to guess', 'Could be stronger', 'Good', 'Strong'] as const

/**
 * A hint, not a promise: length counted by the variety of the letters. Repetition and runs ("aaaa", "1234") count once.
 * The vault's own defence is Argon2id and a minimum length that the service enforces.
 */
export function strengthOf(text: string): Strength {
  const letters = Array.from(text)
  const fresh = letters.filter((letter, at) => {
    const before = letters[at - 1]
    return before === undefined || Math.abs((letter.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0)) > 1
  }).length
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(text)).length
  const distinct = new Set(letters).size
  const score = fresh + 2 * kinds + Math.min(0, distinct - 6)
  const level = text === '' ? 0 : score < 12 ? 1 : score < 18 ? 2 : score < 24 ? 3 : 4
  return { level, word: WORDS[level] }
}
