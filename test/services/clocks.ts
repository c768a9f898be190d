import type { Ambient } from '#core/ports/ambient.ts'
import { createAmbient } from '#crypto/ambient.ts'

/** The real world but for its clocks, which stand until they are moved: the wall clock in either direction, running time forward only. */
export interface MovableClocks extends Ambient {
  /** Time passes, on both clocks. */
  pass(milliseconds: number): void
  /** The wall clock is set: only it moves. */
  setWall(milliseconds: number): void
}

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export function movableClocks(start = Date.UTC(2026, 0, 1)): MovableClocks {
  const real = createAmbient()
  let wall = start
  let running = 0
  return {
    now: () => wall,
    monotonic: () => running,
    // Waits end only when they are cancelled: tests look at what is due by themselves.
    wait: (_milliseconds, signal) => real.wait(0x7fff_ffff, signal),
    uuid: () => real.uuid(),
    random: (length) => real.random(length),
    pass(milliseconds) {
      wall += milliseconds
      running += milliseconds
    },
    setWall(milliseconds) {
      wall = milliseconds
    },
  }
}
