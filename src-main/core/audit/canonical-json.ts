import { utf8 } from '../vocabulary/bytes.ts'

/** What a record may hold. Undefined members are left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }

/**
 * The canonical form of RFC 8785: members in the order of their names' UTF-16 units, no white space, ECMAScript's numbers and strings.
 * Throws on lone surrogates and numbers that are not finite: neither has a JSON form that every reader takes alike.
 */
export function canonicalJson(value: Json): Uint8Array<ArrayBuffer> {
  return utf8(canonicalText(value))
}

function canonicalText(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('number without a JSON form')
  if (typeof value === 'string') return canonicalString(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`
  const members: string[] = []
  for (const name of Object.keys(value).sort()) {
    const member = value[name]
    if (member !== undefined) members.push(`${canonicalString(name)}:${canonicalText(member)}`)
  }
  return `{${members.join(',')}}`
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new Error('text with a lone surrogate has no canonical form')
  return JSON.stringify(text)
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}
