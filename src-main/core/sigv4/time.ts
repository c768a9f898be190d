// ISO 8601's basic form, `20261231T235959Z`, which a signature counts in.

/** How far a signer's clock may be off, in milliseconds. */
export const SKEW = 5 * 60 * 1000

/** Milliseconds since 1970; undefined unless the text is a time in the basic form that the calendar knows. */
export function parseBasicTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (parts === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  return basicTime(time) === text ? time : undefined
}

/** Whole seconds; the rest is cut off. */
export function basicTime(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}
