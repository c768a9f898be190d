const counts = new Intl.NumberFormat('en-US')

/** "1,204". */
export function count(value: number): string {
  return counts.format(value)
}

/** "1 key", "1,204 keys". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** An account in groups of four, as it is read aloud: "4417 2208 9135". */
export function accountText(account: string): string {
  return account.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1 $2 $3')
}

/** The start of an id, for where there is no room: "3019d84f…". */
export function shortId(id: string): string {
  return id.length > 9 ? `${id.slice(0, 8)}…` : id
}

/** Both ends of a long hex text: "f1c09a7d…039a". */
export function bothEnds(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex
}

/** A length in bytes, for reading: "512 B", "41 KB", "18.4 MB", "1.2 GB" (powers of 1000, as file managers show them). */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  // What would be rounded to 1000 belongs to the next unit.
  const scaled = bytes / 1000 ** power
  const [value, unit] = scaled >= 999.95 && power < UNITS.length - 1 ? [1, power + 1] : [scaled, power]
  return `${unit === 1 ? Math.round(value).toString() : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
