import type { Ambient } from '#core/ports/ambient.ts'

/** The longest wait after a wrong passphrase, in milliseconds. */
const LONGEST = 30_000

/**
 * Wrong passphrases make the next one wait: 0.5 s after the first, doubling up to 30 s. Argon2id is what protects a stolen file;
 * this slows a person or a script at the open door.
 */
export interface Attempts {
  /** When the next passphrase is looked at, wall clock; undefined for at once. */
  nextTryAt(): number | undefined
  failed(): void
  succeeded(): void
}

/** `earlier` are the times of wrong tries that an earlier process left in the pending events. */
export function createAttempts(ambient: Ambient, earlier: readonly number[]): Attempts {
  let failures = earlier.length
  let last = earlier.at(-1) ?? 0
  return {
    nextTryAt() {
      if (failures === 0) return undefined
      const wait = Math.min(LONGEST, 500 * 2 ** (failures - 1))
      const now = ambient.now()
      // A wall clock that was set back must not make anybody wait for longer than the longest wait.
      const due = last > now ? now + wait : last + wait
      return due > now ? due : undefined
    },
    failed() {
      failures += 1
      last = ambient.now()
    },
    succeeded() {
      failures = 0
    },
  }
}
