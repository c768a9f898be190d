import type { RotationSchedule } from '../ports/store.ts'

const DAY = 24 * 60 * 60 * 1000

/** Days between automatic rotations where a caller names none. */
export const DEFAULT_ROTATION_PERIOD = 365
/** On-demand rotations that one key may have (AWS KMS quota, 2026). */
export const ON_DEMAND_LIMIT = 25

/** The schedule from now on: the first rotation is one period away. */
export function rotationFrom(now: number, periodDays: number): RotationSchedule {
  return { periodDays, nextAt: now + periodDays * DAY }
}

/**
 * The schedule after a rotation that was due ran at `now`: the next date on the same grid that is still ahead. What was missed while the
 * vault was closed is made up once, not once per period.
 */
export function rotationAfter(schedule: RotationSchedule, now: number): RotationSchedule {
  const period = schedule.periodDays * DAY
  const missed = Math.max(0, Math.floor((now - schedule.nextAt) / period))
  return { ...schedule, nextAt: schedule.nextAt + (missed + 1) * period }
}
