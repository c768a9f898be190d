import type { SchemaIssue } from '@orpc/contract'
import { z } from '#contract/zod.ts'

/**
 * AWS's sentence for input that does not fit its schema: it names the member and what is wanted of it, never the value given.
 * `1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null`
 */
export function validationText(schema: unknown, input: unknown, issues: readonly SchemaIssue[]): string {
  const found = issues.map((issue) => {
    const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
    return sentence(memberName(schema, path), absent(input, path), wanted(schema, path))
  })
  const several = found.length === 1 ? '1 validation error' : `${found.length} validation errors`
  return `${several} detected: ${found.join('; ')}`
}

function sentence(member: string, isAbsent: boolean, type: string): string {
  const where = member === '' ? 'the request' : `'${member}'`
  return isAbsent
    ? `Value null at ${where} failed to satisfy constraint: Member must not be null`
    : `Value at ${where} failed to satisfy constraint: Member must be ${type}`
}

/**
 * AWS's way to name a member: `tags.1.member.tagKey`. Only names that the schema knows appear: the key of a map is input,
 * so the path ends at the map.
 */
function memberName(schema: unknown, path: readonly PropertyKey[]): string {
  const names: string[] = []
  let at = schema
  for (const step of path) {
    const type = bare(at)
    if (type instanceof z.ZodArray) {
      names.push(String(Number(step) + 1), 'member')
      at = type.element
    } else if (type instanceof z.ZodObject && Object.hasOwn(type.shape, step)) {
      names.push(lowerFirst(String(step)))
      at = type.shape[String(step)]
    } else break
  }
  return names.join('.')
}

function absent(input: unknown, path: readonly PropertyKey[]): boolean {
  let at = input
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return false
    at = (at as Record<PropertyKey, unknown>)[step]
  }
  return at === undefined || at === null
}

function wanted(schema: unknown, path: readonly PropertyKey[]): string {
  let at = bare(schema)
  for (const step of path) {
    if (at instanceof z.ZodArray) at = bare(at.element)
    else if (at instanceof z.ZodObject) at = bare(at.shape[String(step)])
    else if (at instanceof z.ZodRecord) at = bare(at.valueType)
  }
  return kinds.find(([type]) => at instanceof type)?.[1] ?? 'of the declared form'
}

const kinds = [
  [z.ZodString, 'a string of the declared form'],
  [z.ZodNumber, 'an integer in the declared range'],
  [z.ZodBoolean, 'a boolean'],
  [z.ZodArray, 'a list'],
  [z.ZodRecord, 'a map of strings'],
  [z.ZodObject, 'a structure'],
  [z.ZodEnum, 'one of the declared values'],
  [z.ZodCustom, 'a byte string'],
] as const

function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
