import type { Tag } from '#core/vocabulary/kms.ts'
import { jsonLines, type CodeSpan } from './code.ts'

/** A KMS call as it would be made without the console. Members in AWS's names, bytes as the words that stand for them. */
export interface Call {
  readonly operation: string
  readonly members: readonly Member[]
  /** What is taken from its answer, by a JMESPath as AWS's command line takes it: into a file, as its bytes, or into a variable of the shell. */
  readonly takes?: { readonly member: string; readonly file: string } | { readonly member: string; readonly variable: string }
}

export interface Member {
  /** AWS KMS member name, such as `KeyId`. */
  readonly name: string
  readonly value: MemberValue
}

/** `file`: bytes that are read from a file, because secrets and blobs do not belong in arguments. */
export type MemberValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly variable: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'map'; readonly pairs: Readonly<Record<string, string>> }
  | { readonly kind: 'tags'; readonly tags: readonly Tag[] }
  /** A member that is true: the option alone. */
  | { readonly kind: 'flag' }

/** The command line's form: one option a line, as AWS's own command line spells them. */
export function commandLines(calls: readonly Call[]): CodeSpan[][] {
  return calls.flatMap((call) => {
    const options = call.members.map((member): CodeSpan[] => [{ text: option(member) }, { text: argument(member.value), kind: 'value' }])
    const lines: CodeSpan[][] = [[{ text: `holdfast kms ${kebab(call.operation)}`, kind: 'strong' }], ...options]
    return lines.map((line, index) => (index < lines.length - 1 ? [...line, { text: ' \\' }] : line))
  })
}

/** AWS's own command line, as it runs in a shell that has the endpoint's environment (docs/kms.md): the wished part of each answer ends in a file or a variable. */
export function awsLines(calls: readonly Call[]): CodeSpan[][] {
  return calls.flatMap(({ operation, members, takes }) => {
    const variable = takes !== undefined && 'variable' in takes ? takes.variable : undefined
    const lines: CodeSpan[][] = [
      [...(variable === undefined ? [] : [{ text: `${variable}=$(` }]), { text: `aws kms ${kebab(operation)}`, kind: 'strong' }],
      ...members.map((member): CodeSpan[] => [
        { text: option(member) },
        { text: member.value.kind === 'variable' ? `"$${member.value.variable}"` : argument(member.value), kind: 'value' },
      ]),
      ...(takes === undefined ? [] : [[{ text: `  --query ${takes.member}` }], [{ text: '  --output text' }]]),
      [{ text: '  --endpoint-url "$AWS_ENDPOINT_URL_KMS"' }, ...(variable === undefined ? [] : [{ text: ')' }])],
      ...(takes !== undefined && 'file' in takes ? [[{ text: '  | base64 -d > ' }, { text: quoted(takes.file), kind: 'value' as const }]] : []),
    ]
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

function option({ name, value }: Member): string {
  return `  --${kebab(name)}${value.kind === 'flag' ? '' : ' '}`
}

function argument(value: MemberValue): string {
  switch (value.kind) {
    case 'text':
      return quoted(value.text)
    case 'variable':
      return value.variable
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
    case 'flag':
      return ''
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
    case 'variable':
      return value.variable
    case 'flag':
      return true
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
