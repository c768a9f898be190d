const DAY = 24 * 60 * 60 * 1000

/** Days of the waiting period: 7 to 30, 30 where a caller names none. */
export const DEFAULT_WAITING_PERIOD = 30
/** Running time after the due date was first noticed, in milliseconds, before material is destroyed without a person's word. */
export const RUNNING_TIME_NEEDED = DAY
/** A wall clock may be corrected by so much, in milliseconds, without counting as set back. */
const CORRECTION = 60_000

/** When the waiting period ends. */
export function deletesAt(scheduled: number, waitDays: number): number {
  return scheduled + waitDays * DAY
}

/** Whether the wall clock is behind one that was seen before: nothing is destroyed then. */
export function clockIsBehind(now: number, lastSeen: number): boolean {
  return now < lastSeen - CORRECTION
}

/** Whether a key whose due date has passed may be destroyed: it has been due for a day in which the program really ran. */
export function mayDestroy(due: { now: number; deletesAt: number; lastSeen: number; runningTime: number | undefined }): boolean {
  return !clockIsBehind(due.now, due.lastSeen) && due.now >= due.deletesAt && (due.runningTime ?? 0) >= RUNNING_TIME_NEEDED
}
