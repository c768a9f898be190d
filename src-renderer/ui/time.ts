const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long ago, short: "just now", "22 s ago", "6 min ago", "2 h ago", "96 d ago". A clock that is a little ahead is "just now". */
export function ago(then: Date, now: number): string {
  const passed = now - then.getTime()
  if (passed < 10_000) return 'just now'
  if (passed < MINUTE) return `${Math.floor(passed / 1000)} s ago`
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`
  return `${Math.floor(passed / DAY)} d ago`
}

/** A date that cannot be read wrongly: "23 Nov 2026", local. */
export function day(date: Date): string {
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''} ${date.getFullYear()}`
}

/** "14:02", local. */
export function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** "23 Nov 2026, 14:02:09 (13:02:09 UTC)": local, with UTC beside it. */
export function exact(date: Date): string {
  const local = `${day(date)}, ${clock(date)}:${two(date.getSeconds())}`
  if (date.getTimezoneOffset() === 0) return `${local} UTC`
  const utc = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${local} (${utc} UTC)`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
