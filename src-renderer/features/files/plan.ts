import { CircleSlash, Hourglass, Lock, LockOpen, ScanSearch, TriangleAlert } from 'lucide-vue-next'
import type { KeyRowView } from '#contract/vault.ts'
import type { FileItem } from '#stores/file-queue.ts'
import { nameOf } from '#ui/key-names.ts'
import { isPendingDeletion } from '#ui/states.ts'

/** What would happen to a file, and why: said before anything happens. */
export interface Plan {
  readonly act: keyof typeof acts
  readonly note: string
  /** What a person may choose instead. */
  readonly instead: readonly Choice[]
}

export interface Choice {
  readonly wish: FileItem['wish']
  readonly label: string
}

/** How each act is shown. */
export const acts = {
  looking: { word: 'Looking', icon: Hourglass, ink: 'text-fg-3' },
  encrypt: { word: 'Encrypt', icon: Lock, ink: 'text-accent-text' },
  decrypt: { word: 'Decrypt', icon: LockOpen, ink: 'text-info-text' },
  inspect: { word: 'Inspect only', icon: ScanSearch, ink: 'text-caution-text' },
  leave: { word: 'Leave as it is', icon: CircleSlash, ink: 'text-fg-2' },
  unreadable: { word: 'Unreadable', icon: TriangleAlert, ink: 'text-danger-text' },
} as const

/** Formats of others, by their file's ending. */
const foreign: Readonly<Record<string, string>> = { age: 'age format', gpg: 'OpenPGP format', pgp: 'OpenPGP format' }
/** How encrypted files are named, by us and by AWS's own command line. */
const OURS = /\.(holdfast|encrypted)$/

const encrypt: Choice = { wish: 'encrypt', label: 'Encrypt' }
const encryptAgain: Choice = { wish: 'encrypt', label: 'Encrypt once more' }
const leave: Choice = { wish: 'leave', label: 'Leave as it is' }
const decrypt: Choice = { wish: 'decrypt', label: 'Decrypt' }

export interface PlanWorld {
  /** Keys of this vault by their ARN. */
  readonly byArn: ReadonlyMap<string, KeyRowView>
  /** The pairs that encrypting binds and decrypting expects. */
  readonly context: Readonly<Record<string, string>>
}

/** What is proposed for a file, or chosen by a person where that is possible. */
export function planOf(item: Pick<FileItem, 'phase' | 'facts' | 'failure' | 'wish' | 'file'>, world: PlanWorld): Plan {
  if (item.phase === 'looking') return { act: 'looking', note: 'reading its header', instead: [] }
  if (item.failure !== undefined) return { act: 'unreadable', note: item.failure.text, instead: [] }
  return item.facts === undefined ? planOfPlain(item) : planOfOurs(item, item.facts, world)
}

function planOfPlain({ wish, file }: Pick<FileItem, 'wish' | 'file'>): Plan {
  const format = foreign[/\.([a-z]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? '']
  const stranger = format !== undefined ? `${format}, not one of ours` : OURS.test(file.name) ? 'named like one of ours, but it is none' : undefined
  const act = wish === 'encrypt' ? 'encrypt' : wish === 'leave' || stranger !== undefined ? 'leave' : 'encrypt'
  if (act === 'encrypt') return { act, note: 'adds .holdfast to the name', instead: [leave] }
  return { act, note: stranger ?? 'nothing happens to it', instead: [encrypt] }
}

function planOfOurs({ wish }: Pick<FileItem, 'wish'>, facts: NonNullable<FileItem['facts']>, { byArn, context }: PlanWorld): Plan {
  const key = facts.dataKeys.flatMap(({ keyArn }) => byArn.get(keyArn ?? '') ?? [])[0]
  const against = reasonAgainst(facts, key)
  const differs = differenceOf(facts.context, context)
  if (wish === 'encrypt') return { act: 'encrypt', note: 'it is encrypted already', instead: against === undefined ? [decrypt, leave] : [leave] }
  if (wish === 'leave') return { act: 'leave', note: 'nothing happens to it', instead: against === undefined ? [decrypt, encryptAgain] : [encryptAgain] }
  if (against !== undefined || key === undefined) return { act: 'inspect', note: against ?? '', instead: [encryptAgain, leave] }
  if (differs !== undefined && wish !== 'decrypt') return { act: 'inspect', note: `context differs: ${differs}`, instead: [{ wish: 'decrypt', label: 'Decrypt with the file’s context' }, encryptAgain, leave] }
  const bound = differs !== undefined ? 'its own context' : Object.keys(context).length > 0 ? 'context matches' : 'any context'
  return { act: 'decrypt', note: `${nameOf(key)}, ${bound}`, instead: [encryptAgain, leave] }
}

/** Why it cannot be decrypted here and now. */
function reasonAgainst(facts: NonNullable<FileItem['facts']>, key: KeyRowView | undefined): string | undefined {
  if (facts.plaintextLength === undefined) return 'it is cut, or has something behind its end'
  if (key === undefined) return 'its key is not in this vault'
  if (isPendingDeletion(key.state)) return 'its key is pending deletion'
  if (key.state === 'Disabled') return 'its key is disabled'
  if (key.state === 'Unavailable') return 'the HSM of its key does not answer'
  return undefined
}

/** The first pair that a file's context does not hold, in words; undefined if it holds all. */
export function differenceOf(found: Readonly<Record<string, string>>, expected: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(expected)) {
    if (!Object.hasOwn(found, name)) return `the file has no ${name}`
    if (found[name] !== value) return `${name} is ${found[name] ?? ''} in the file, ${value} here`
  }
  return undefined
}
