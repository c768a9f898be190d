import type { Argon2Parameters } from '../ports/crypto.ts'

// docs/spec/keyslots-v1.md, "Limits". A file outside them is refused before anything expensive runs.

/** RFC 9106 section 4, second recommended option, with one lane: about 0.1 s and 64 MiB on a desktop of 2026. */
export const DEFAULT_ARGON2: Argon2Parameters = { memoryKiB: 65_536, passes: 3, lanes: 1 }

export const MAX_FILE_BYTES = 1_048_576
export const MAX_SLOTS = 256
export const MAX_GENERATION = 0xffff_ffff

const MEMORY_KIB = { least: 8_192, most: 1_048_576 }
const PASSES = { least: 1, most: 16 }
const LANES = { least: 1, most: 8 }
/** Memory times passes, in KiB: the time of one try, some five seconds on a slow machine at most. */
const MAX_WORK = 4_194_304

/** True for parameters that neither exhaust the machine nor make guessing cheap. */
export function areArgon2ParametersSane(parameters: Argon2Parameters): boolean {
  const { memoryKiB, passes, lanes } = parameters
  return within(memoryKiB, MEMORY_KIB) && within(passes, PASSES) && within(lanes, LANES) && memoryKiB * passes <= MAX_WORK
}

function within(value: number, range: { least: number; most: number }): boolean {
  return Number.isSafeInteger(value) && value >= range.least && value <= range.most
}
