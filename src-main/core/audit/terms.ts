import type { Json } from '../vocabulary/canonical.ts'
import { member, recordKeys, text } from './event.ts'

// What a record can be found by: terms, each a kind and a text. The index keeps numbers in their place; it only says where to look, and the
// record itself decides. So two terms that share a number cost a look, never a wrong answer. They are stored with every block of records, and
// verified: whoever changes what terms a record has adds a migration that has the index made anew (store/tables/audit.ts, completeTrail).

/** Texts of one record whose words it is found by, at most: a long list must not fill the index. */
const MOST_TEXTS = 64
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
  visit(event, (term) => terms.add(term), (value) => wordsOf(value).forEach((word) => terms.add(`w:${word}`)))
  return terms
}

/**
 * Calls with the number of each term of a record, with some of them more than once: it runs at each record that is written, so texts that
 * were seen lately are not taken apart again, and nothing is collected.
 */
export function eachNumber(event: Json, each: (number: number) => void): void {
  visit(event, (term) => { each(recentTerms(term, numberOf)[0] ?? 0) }, (value) => {
    if (value.length === 36 && UUID.test(value)) each(termNumber(`w:${value}`))
    else recentWords(value, numbersOf).forEach(each)
  })
}

/**
 * The term's number in the index: 51 bits, well spread (cyrb53, public domain), in three ranges: what every record has of each, contexts,
 * words. So the few terms that most searches are made of stand together, wherever they are stored in order. No secret, and nothing rests on
 * it but speed.
 */
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
  const range = term.startsWith('w:') ? 2 : term.startsWith('c:') ? 1 : 0
  return range * RANGE + 4294967296 * (0x7ffff & b) + (a >>> 0)
}

const RANGE = 2 ** 51

/** Letters, digits, `-`, `_` and `.` in a row, in lower case; each word once. */
export function wordsOf(value: string): string[] {
  const words = new Set<string>()
  for (const [found] of value.toLowerCase().matchAll(WORD)) {
    const word = found.replace(EDGES, '')
    if (word !== '' && word.length <= LONGEST_WORD) words.add(word)
  }
  return [...words]
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const WORD = /[\p{L}\p{N}_.-]+/gu
const EDGES = /^[.-]+|[.-]+$/g

function numberOf(term: string): number[] {
  return [termNumber(term)]
}

function numbersOf(value: string): number[] {
  return wordsOf(value).map((word) => termNumber(`w:${word}`))
}

const recentTerms = remembering()
const recentWords = remembering()

/** Most texts of a record are those of the records before. Forgets everything at once when it is full. */
function remembering(): (text: string, work: (text: string) => number[]) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  return (value, work) => {
    const found = known.get(value)
    if (found !== undefined) return found
    const made = work(value)
    if (known.size >= 4_096) known.clear()
    if (value.length <= 256) known.set(value, made)
    return made
  }
}

/** An ARN, what is behind its account, and the kind where there is no ARN. */
function principalNames(identity: Json | undefined): string[] {
  const arn = text(identity, 'arn')
  return arn === undefined ? [text(identity, 'type') ?? ''] : [arn, arn.split(':').slice(5).join(':')]
}

/** Calls with every term of an event but its words, and with every text that has words. */
function visit(event: Json, add: (term: string) => void, words: (value: string) => void): void {
  const request = member(event, 'requestParameters')
  const failure = text(event, 'errorCode')
  one('o', text(event, 'eventName'))
  one('e', failure === undefined ? 'ok' : 'failed')
  one('e', failure)
  one('a', text(event, 'recipientAccountId'))
  one('r', text(event, 'awsRegion'))
  for (const principal of principalNames(member(event, 'userIdentity'))) one('p', principal)
  for (const key of recordKeys(event)) if (!key.includes('alias/')) one('k', idOf(key))
  for (const context of CONTEXTS) {
    for (const [name, value] of entries(member(request, context))) if (typeof value === 'string') one('c', `${name}\0${value}`)
  }
  let texts = 0
  collect(event)

  function one(kind: string, value: string | undefined): void {
    if (value !== undefined && value !== '') add(`${kind}:${value}`)
  }

  /** Values, and the names in a context: the names of members are the same in every record. */
  function collect(value: Json): void {
    if (typeof value === 'string') {
      if (texts++ < MOST_TEXTS) words(value)
    } else if (Array.isArray(value)) {
      for (const item of value as readonly Json[]) collect(item)
    } else if (typeof value === 'object' && value !== null) {
      const members = value as { readonly [name: string]: Json }
      for (const name of Object.keys(members)) {
        const entry = members[name] ?? null
        if (CONTEXTS.includes(name)) for (const key of Object.keys(entry ?? {})) words(key)
        if (!UNSEARCHED.has(name)) collect(entry)
      }
    }
  }
}

const CONTEXTS: readonly string[] = ['encryptionContext', 'sourceEncryptionContext', 'destinationEncryptionContext']

/** The same in every record, or not what anybody looks for. */
const UNSEARCHED = new Set(['eventVersion', 'eventSource', 'eventTime', 'eventType', 'eventCategory', 'principalId', 'type'])

function idOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

function entries(value: Json | undefined): [string, Json][] {
  return typeof value === 'object' && value !== null ? Object.entries<Json>(value as { readonly [name: string]: Json }) : []
}
