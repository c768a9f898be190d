import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fromBase64 } from '#core/vocabulary/bytes.ts'
import type { Kind, Parameter } from './parameters.ts'
import { parseShorthand } from './shorthand.ts'
import { UsageError } from './usage.ts'

/**
 * The value of one option in the form of its schema, from text as AWS's command line (version 2) takes it: `file://` for the text of a file,
 * `fileb://` for its bytes, base64 for a blob, JSON or shorthand for the rest. Throws UsageError, which never repeats what was given.
 */
export function parseValue(parameter: Parameter, given: string | boolean | readonly string[]): unknown {
  const { kind, option } = parameter
  if (typeof given === 'boolean') return given
  if (kind.type === 'list') return list(kind.element, typeof given === 'string' ? [given] : given, option)
  return single(kind, String(given), option)
}

function single(kind: Kind, given: string, option: string): unknown {
  if (kind.type === 'blob') return blob(given, option)
  const text = textOf(given, option)
  switch (kind.type) {
    case 'text':
      return text
    case 'integer':
    case 'number':
      return number(text, kind.type, option)
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true'
      throw new UsageError(`--${option} takes true or false.`)
    case 'time':
      return time(text, option)
    case 'map':
      return looksLikeJson(text) ? json(text, option) : Object.fromEntries(parseShorthand(text, option))
    case 'structure':
      return looksLikeJson(text) ? json(text, option) : structure(kind.members, text, option)
    case 'list':
      return list(kind.element, [text], option)
    case 'json':
      return json(text, option)
  }
}

/** Several values; or one, which may then be a whole JSON list, or (of plain texts) a list with commas. */
function list(element: Kind, given: readonly string[], option: string): unknown {
  const [only] = given
  if (given.length !== 1 || only === undefined) return given.map((one) => single(element, one, option))
  const text = element.type === 'blob' ? only : textOf(only, option)
  if (text.trimStart().startsWith('[')) return json(text, option)
  const scalar = element.type !== 'structure' && element.type !== 'map' && element.type !== 'json'
  return (scalar ? text.split(',') : [text]).map((one) => single(element, one, option))
}

function structure(members: readonly Parameter[], text: string, option: string): unknown {
  const pairs = [...parseShorthand(text, option)].map(([name, value]) => {
    const member = members.find((one) => one.member === name)
    if (member === undefined) throw new UsageError(`--${option} takes ${members.map((one) => `${one.member}=…`).join(',')}, or JSON.`)
    return [name, single(member.kind, value, option)]
  })
  return Object.fromEntries(pairs)
}

function blob(given: string, option: string): Uint8Array {
  if (given.startsWith('fileb://')) return Uint8Array.from(fileOf(given.slice('fileb://'.length), option))
  const bytes = fromBase64(textOf(given, option).trim())
  if (bytes === undefined) throw new UsageError(`--${option} takes fileb://FILE for the bytes of a file, or base64.`)
  return bytes
}

function number(text: string, type: 'integer' | 'number', option: string): number {
  if (/^-?\d+$/.test(text) || (type === 'number' && /^-?\d+\.\d+$/.test(text))) return Number(text)
  throw new UsageError(`--${option} takes ${type === 'integer' ? 'an integer' : 'a number'}.`)
}

/** ISO 8601, or seconds since 1970. */
function time(text: string, option: string): Date {
  const at = /^\d+(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : new Date(/^\d{4}-\d{2}-\d{2}/.test(text) ? text : Number.NaN)
  if (Number.isNaN(at.getTime())) throw new UsageError(`--${option} takes a time such as 2027-01-31T00:00:00Z, or seconds since 1970.`)
  return at
}

function textOf(given: string, option: string): string {
  if (given.startsWith('fileb://')) throw new UsageError(`--${option} takes text: file://FILE, not fileb://FILE.`)
  if (!given.startsWith('file://')) return given
  const bytes = fileOf(given.slice('file://'.length), option)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`The file of --${option} is not UTF-8 text.`)
    throw error
  }
}

function fileOf(path: string, option: string): Buffer {
  try {
    return readFileSync(path.startsWith('~/') ? homedir() + path.slice(1) : path)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new UsageError(`The file of --${option} cannot be read (${String(error.code)}).`)
    throw error
  }
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}

function json(text: string, option: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`--${option} is not valid JSON.`)
    throw error
  }
}
