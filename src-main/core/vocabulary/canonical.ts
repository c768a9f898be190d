/** What a canonical text may hold: RFC 8785 without fractions, which none of our formats needs. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Deeper than any of our formats; a text nested deeper is refused before it can exhaust the stack. */
const MAX_DEPTH = 16

/**
 * The one text of a value by RFC 8785 (JSON Canonicalization Scheme): members sorted by UTF-16 code units, no space, ECMAScript's
 * strings and numbers. Throws RangeError for what has no canonical text here: lone surrogates, numbers that are no safe integer, deep nesting.
 */
export function canonicalJson(value: Json): string {
  return write(value, MAX_DEPTH)
}

/** Parses a text that is exactly the canonical one of its value; undefined for every other text (RFC 8785, and one encoding per value). */
export function parseCanonicalJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return canonicalJson(value) === text ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

function write(value: Json, depth: number): string {
  if (depth === 0) throw new RangeError('nested too deep')
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'number') return writeNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (isList(value)) return `[${value.map((item) => write(item, depth - 1)).join(',')}]`
  // The default order of sort() is by UTF-16 code units, which is RFC 8785's (section 3.2.3).
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${writeText(name)}:${write(value[name] ?? null, depth - 1)}`).join(',')}}`
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw new RangeError('a text with a lone surrogate')
  return JSON.stringify(text)
}

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError('a number that is no safe integer')
  return String(value)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
