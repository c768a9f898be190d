import { UsageError } from './usage.ts'

/**
 * AWS's command line's shorthand for one map or structure: `key=value,other="a,b"`. A value in single or double quotes may hold commas;
 * a backslash in it takes the next character as it is. The last of two equal keys does not win silently: it is refused.
 * Throws UsageError, which never repeats the text.
 */
export function parseShorthand(text: string, option: string): Map<string, string> {
  const found = new Map<string, string>()
  const cursor = { text, at: 0 }
  for (;;) {
    const equals = text.indexOf('=', cursor.at)
    const comma = text.indexOf(',', cursor.at)
    if (equals < 0 || (comma >= 0 && comma < equals)) throw broken(option)
    const key = text.slice(cursor.at, equals)
    if (key === '' || found.has(key)) throw broken(option)
    cursor.at = equals + 1
    found.set(key, quoted(cursor, option) ?? unquoted(cursor))
    if (cursor.at === text.length) return found
    if (text.charAt(cursor.at) !== ',') throw broken(option)
    cursor.at++
  }
}

interface Cursor {
  readonly text: string
  at: number
}

/** The value at the cursor if it is in quotes; the cursor then stands behind it. */
function quoted(cursor: Cursor, option: string): string | undefined {
  const quote = cursor.text.charAt(cursor.at)
  if (quote !== '"' && quote !== "'") return undefined
  let value = ''
  for (let at = cursor.at + 1; at < cursor.text.length; at++) {
    const character = cursor.text.charAt(at)
    if (character === quote) {
      cursor.at = at + 1
      return value
    }
    value += character === '\\' ? cursor.text.charAt(++at) : character
  }
  throw broken(option)
}

function unquoted(cursor: Cursor): string {
  const comma = cursor.text.indexOf(',', cursor.at)
  const end = comma < 0 ? cursor.text.length : comma
  const value = cursor.text.slice(cursor.at, end)
  cursor.at = end
  return value
}

function broken(option: string): UsageError {
  return new UsageError(`--${option} takes key=value pairs with commas between them, or JSON; each key once.`)
}
