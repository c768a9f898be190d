import type { Json } from '../vocabulary/canonical.ts'
import { member, text } from './event.ts'

// What a record can be found by: terms, each a kind and a text. The index keeps numbers in their place; it only says where to look, and the
// record itself decides. So two terms that share a number cost a look, never a wrong answer.

/** Words that one record is found by, at most: a long description must not fill the index. */
const MOST_WORDS = 96
const LONGEST_WORD = 128

/** What is asked for; every part must hold. */
export interface RecordFilter {
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number | undefined
  /** Exclusive. */
  readonly to?: number | undefined
  /** A key's id or its ARN. */
  readonly key?: string | undefined
  /** A principal's ARN, or the part behind `arn:aws:iam::ACCOUNT:`, such as `root`. */
  readonly principal?: string | undefined
  /** eventName. */
  readonly operation?: string | undefined
  /** `ok`, `failed`, or an errorCode. */
  readonly outcome?: string | undefined
  /** Pairs of the encryption context. */
  readonly context?: Readonly<Record<string, string>> | undefined
  /** Whole words, in any case, anywhere in the record. */
  readonly text?: string | undefined
  readonly account?: string | undefined
  readonly region?: string | undefined
}

/** The terms that a record must have to pass the filter. */
export function filterTerms(filter: RecordFilter): string[] {
  return [
    ...(filter.key === undefined ? [] : [`k:${idOf(filter.key)}`]),
    ...(filter.principal === undefined ? [] : [`p:${filter.principal}`]),
    ...(filter.operation === undefined ? [] : [`o:${filter.operation}`]),
    ...(filter.outcome === undefined ? [] : [`e:${filter.outcome}`]),
    ...Object.entries(filter.context ?? {}).map(([name, value]) => `c:${name}\0${value}`),
    ...(filter.account === undefined ? [] : [`a:${filter.account}`]),
    ...(filter.region === undefined ? [] : [`r:${filter.region}`]),
    ...wordsOf(filter.text ?? '').map((word) => `w:${word}`),
  ]
}

/** All terms of a record (an event as core/audit/record.ts writes it), each once. */
export function recordTerms(event: Json): Set<string> {
  const terms = new Set<string>()
  const request = member(event, 'requestParameters')
  const failure = text(event, 'errorCode')
  add('o', text(event, 'eventName'))
  add('e', failure === undefined ? 'ok' : 'failed')
  add('e', failure)
  add('a', text(event, 'recipientAccountId'))
  add('r', text(event, 'awsRegion'))
  for (const principal of principalNames(member(event, 'userIdentity'))) add('p', principal)
  for (const resource of list(member(event, 'resources'))) add('k', idOf(text(resource, 'ARN') ?? ''))
  for (const context of ['encryptionContext', 'sourceEncryptionContext', 'destinationEncryptionContext']) {
    for (const [name, value] of entries(member(request, context))) if (typeof value === 'string') add('c', `${name}\0${value}`)
  }
  const words = new Set<string>()
  collectWords(event, words)
  for (const word of words) add('w', word)
  return terms

  function add(kind: string, value: string | undefined): void {
    if (value !== undefined && value !== '') terms.add(`${kind}:${value}`)
  }
}

/** The term's number in the index: 53 bits, well spread (cyrb53, public domain). No secret, and nothing rests on it but speed. */
export function termNumber(term: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < term.length; i++) {
    const unit = term.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}

/** Letters, digits, `-` and `_` in a row, in lower case; each word once. */
export function wordsOf(value: string): string[] {
  const words = new Set<string>()
  for (const [word] of value.toLowerCase().matchAll(WORD)) if (word.length <= LONGEST_WORD) words.add(word)
  return [...words]
}

const WORD = /[\p{L}\p{N}_-]+/gu

/** An ARN, what is behind its account, and the kind where there is no ARN. */
function principalNames(identity: Json | undefined): string[] {
  const arn = text(identity, 'arn')
  return arn === undefined ? [text(identity, 'type') ?? ''] : [arn, arn.split(':').slice(5).join(':')]
}

/** Values only, and names of a context: names of members are the same in every record. */
function collectWords(value: Json, words: Set<string>): void {
  if (words.size >= MOST_WORDS) return
  if (typeof value === 'string') for (const word of wordsOf(value)) words.add(word)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of entries(value)) {
      if (name === 'encryptionContext') for (const key of Object.keys(entry as object)) for (const word of wordsOf(key)) words.add(word)
      if (!UNSEARCHED.has(name)) collectWords(entry, words)
    }
  }
}

/** The same in every record, or not what anybody looks for. */
const UNSEARCHED = new Set(['eventVersion', 'eventTime', 'eventType', 'eventCategory', 'principalId', 'type'])

function idOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

function entries(value: Json | undefined): [string, Json][] {
  return typeof value === 'object' && value !== null ? (Object.entries(value) as [string, Json][]) : []
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
