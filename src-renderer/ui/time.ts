const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const days = new Intl.NumberFormat('en-US')
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

/** How far ahead, short: "in 12 min", "in 31 h", "in 41 d"; "now" for what has passed. Days only where there are two or more. */
export function ahead(then: Date, now: number): string {
  const left = then.getTime() - now
  if (left <= 0) return 'now'
  if (left < HOUR) return `in ${Math.max(1, Math.round(left / MINUTE))} min`
  if (left < 2 * DAY) return `in ${Math.round(left / HOUR)} h`
  return `in ${days.format(Math.round(left / DAY))} d`
}

/** With the day of the week: "Sun 3 Jan 2027", local. */
export function weekday(date: Date): string {
  return `${WEEKDAYS[date.getDay()] ?? ''} ${day(date)}`
}

/** How long something takes: "4.6 s", "14 s", "1 min 1 s", "2 h 5 min". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A date that cannot be read wrongly: "23 Nov 2026", local. */
export function day(date: Date): string {
  return `${date.getDate()} ${MONTHS[date.getMonth()] ?? ''} ${date.getFullYear()}`
}

/** "14:02", local. */
export function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** "14:02:09", local. */
export function clockWithSeconds(date: Date): string {
  return `${clock(date)}:${two(date.getSeconds())}`
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
