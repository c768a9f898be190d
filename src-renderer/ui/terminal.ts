import type { Tag } from '#core/vocabulary/kms.ts'
import { jsonLines, type CodeSpan } from './code.ts'

/** A KMS call as it would be made without the console. Members in AWS's names, bytes as the words that stand for them. */
export interface Call {
  readonly operation: string
  readonly members: readonly Member[]
}

export interface Member {
  /** AWS KMS member name, such as `KeyId`. */
  readonly name: string
  readonly value: MemberValue
}

/** `file`: bytes that are read from a file, because secrets and blobs do not belong in arguments. */
export type MemberValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'map'; readonly pairs: Readonly<Record<string, string>> }
  | { readonly kind: 'tags'; readonly tags: readonly Tag[] }

/** The command line's form: one option a line, as AWS's own command line spells them. */
export function commandLines(calls: readonly Call[]): CodeSpan[][] {
  return calls.flatMap((call) => {
    const options = call.members.map((member): CodeSpan[] => [{ text: `  --${kebab(member.name)} ` }, { text: argument(member.value), kind: 'value' }])
    const lines: CodeSpan[][] = [[{ text: `holdfast kms ${kebab(call.operation)}`, kind: 'strong' }], ...options]
    return lines.map((line, index) => (index < lines.length - 1 ? [...line, { text: ' \\' }] : line))
  })
}

/** The wire's form: the target header and the JSON body of AWS's protocol. */
export function requestLines(calls: readonly Call[]): CodeSpan[][] {
  return calls.flatMap((call) => [
    [{ text: 'X-Amz-Target: ' }, { text: `TrentService.${call.operation}`, kind: 'strong' as const }],
    ...jsonLines(Object.fromEntries(call.members.map(({ name, value }) => [name, json(value)]))),
  ])
}

/** `CreateKey` as `create-key`, `KeyId` as `key-id`. */
export function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
}

/** A word of a POSIX shell: bare where that is safe, else in single quotes. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function argument(value: MemberValue): string {
  switch (value.kind) {
    case 'text':
      return quoted(value.text)
    case 'number':
      return String(value.number)
    case 'file':
      return `fileb://${value.file}`
    case 'map':
      // AWS's shorthand knows no escape that every shell keeps: where a name or a value needs one, JSON is the safe form.
      return quoted(Object.entries(value.pairs).flat().every(isShort) ? pairs(value.pairs) : JSON.stringify(value.pairs))
    case 'tags':
      return value.tags.every(({ TagKey, TagValue }) => isShort(TagKey) && isShort(TagValue))
        ? value.tags.map(({ TagKey, TagValue }) => quoted(`TagKey=${TagKey},TagValue=${TagValue}`)).join(' ')
        : quoted(JSON.stringify(value.tags))
  }
}

function pairs(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

function isShort(text: string): boolean {
  return text !== '' && !/[,='"\s[\]{}]/.test(text)
}

function json(value: MemberValue): unknown {
  switch (value.kind) {
    case 'text':
      return value.text
    case 'number':
      return value.number
    case 'file':
      return `<base64 of ${value.file}>`
    case 'map':
      return value.pairs
    case 'tags':
      return value.tags
  }
}
