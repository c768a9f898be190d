import { z } from '#contract/zod.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/**
 * Reads the JSON of one operation into what its schema describes, as AWS's JSON 1.1 has it: blobs in base64, times in seconds since 1970,
 * null as good as absent, unknown members ignored. Throws SerializationException for a member of another type, then ValidationException
 * that lists every required member which is absent. Bytes belong to the caller, who wipes them.
 */
export type InputReader = (body: Uint8Array) => Record<string, unknown>

/** Made once for each operation, from its schema in the contract. */
export function inputReader(schema: unknown): InputReader {
  if (!(schema instanceof z.ZodObject)) throw new TypeError('an operation whose input is no structure')
  const read = structure(schema)
  return (body) => {
    const absent: string[] = []
    const input = read(parseJson(body), '', absent)
    if (absent.length > 0) throw validation(absent.map((path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`))
    return input as Record<string, unknown>
  }
}

/** Gives the value in the form that services take; adds the paths of absent members. */
type Reader = (json: unknown, path: string, absent: string[]) => unknown

function readerOf(type: unknown): Reader {
  if (type instanceof z.ZodObject) return structure(type)
  if (type instanceof z.ZodArray) return list(readerOf(type.element))
  if (type instanceof z.ZodRecord) return map(readerOf(type.valueType))
  // The contract's only instanceof: a byte string.
  if (type instanceof z.ZodCustom) return blob
  if (type instanceof z.ZodDate) return timestamp
  if (type instanceof z.ZodType) return scalar(type)
  throw new TypeError('a member without a schema')
}

function structure(schema: z.ZodObject): Reader {
  const members = Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) => {
    const optional = type instanceof z.ZodOptional
    return { name, optional, shown: name.charAt(0).toLowerCase() + name.slice(1), read: readerOf(optional ? type.unwrap() : type) }
  })
  return (json, path, absent) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw serialization()
    const given = json as Readonly<Record<string, unknown>>
    const found: Record<string, unknown> = {}
    for (const { name, optional, shown, read } of members) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value !== undefined && value !== null) found[name] = read(value, path + shown, absent)
      else if (!optional) absent.push(path + shown)
    }
    return found
  }
}

function list(read: Reader): Reader {
  return (json, path, absent) => {
    if (!Array.isArray(json)) throw serialization()
    return json.map((item: unknown, at) => read(item, `${path}.${at + 1}.member.`, absent))
  }
}

/** fromEntries defines members: `__proto__` is a key like any other, and none of a context may get lost. */
function map(read: Reader): Reader {
  return (json, path, absent) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw serialization()
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, read(value, path, absent)]))
  }
}

/** Base64 in its one form, with padding (RFC 4648 section 4). */
function blob(json: unknown): Uint8Array {
  if (typeof json !== 'string') throw serialization()
  const bytes = Buffer.from(json, 'base64')
  if (bytes.toString('base64') !== json) throw serialization()
  return bytes
}

function timestamp(json: unknown): Date {
  const time = typeof json === 'number' ? new Date(json * 1000) : undefined
  if (time === undefined || Number.isNaN(time.getTime())) throw serialization()
  return time
}

/** Text, number, boolean, enumeration: zod has the word, but a value of the right type outside its limits is no broken message. */
function scalar(type: z.ZodType): Reader {
  const integer = type instanceof z.ZodNumber && type.format?.includes('int') === true
  const wanted = type instanceof z.ZodNumber ? 'number' : type instanceof z.ZodBoolean ? 'boolean' : 'string'
  return (json, path) => {
    if (typeof json !== wanted || (integer && !Number.isSafeInteger(json))) throw serialization()
    const parsed = type.safeParse(json)
    if (!parsed.success) throw validation([`Value at '${path}' failed to satisfy constraint: Member must be of the declared form`])
    return parsed.data
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** No body at all is an empty structure. */
function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return {}
  try {
    return JSON.parse(utf8.decode(body))
  } catch (error) {
    // TypeError: no UTF-8. Neither is repeated: both quote the text.
    if (error instanceof SyntaxError || error instanceof TypeError) throw serialization()
    throw error
  }
}

function serialization(): VaultError {
  return new VaultError('SerializationException')
}

function validation(errors: readonly string[]): VaultError {
  return new VaultError('ValidationException', { text: `${errors.length === 1 ? '1 validation error' : `${errors.length} validation errors`} detected: ${errors.join('; ')}` })
}
