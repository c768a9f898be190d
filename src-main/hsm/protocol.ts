import type { HmacKind, ImportedKey, KeyFacts, MaterialKind, OaepScheme, ObjectAttributes, SignatureScheme, TokenAttribute, TokenFacts } from '#core/ports/hsm.ts'
import { materialKinds } from '#core/keys/specs.ts'
import type { CheckId } from '#core/tokens/checks.ts'
import type { WrappingAlgorithm } from '#core/vocabulary/kms.ts'
import { checkOutcomes } from '#core/vocabulary/tokens.ts'
import { bytes, count, flag, list, nothing, oneOf, optional, record, text, type Read } from './readers.ts'
import type { DeadlineClass } from './deadlines.ts'

// What an owner and the host of one PKCS#11 library say to each other. A message is a batch: an array of requests one way,
// an array of replies the other. A host works in the order of arrival, one call at a time, and answers in that order.

interface Operation<Arguments extends readonly unknown[], Result> {
  readonly deadline: DeadlineClass
  /** It changes the token: never repeated by itself, because nobody knows whether a lost one was done. */
  readonly mutates: boolean
  readonly result: Read<Result>
  /** Exists in the type only. */
  readonly arguments?: Arguments
}

function reads<Arguments extends readonly unknown[]>() {
  return <Result>(deadline: DeadlineClass, result: Read<Result>): Operation<Arguments, Result> => ({ deadline, mutates: false, result })
}

function changes<Arguments extends readonly unknown[]>() {
  return <Result>(deadline: DeadlineClass, result: Read<Result>): Operation<Arguments, Result> => ({ deadline, mutates: true, result })
}

const tokenFacts = record<TokenFacts>({
  label: text,
  serial: text,
  manufacturer: text,
  model: text,
  firmware: text,
  library: record({ description: text, version: text, path: text, sha256: text }),
  initialised: flag,
  hardwareSlot: flag,
  pin: record({ countLow: flag, finalTry: flag, locked: flag }),
  mechanisms: count,
})

const keyFacts = record<KeyFacts>({
  ckaId: bytes,
  label: text,
  kind: oneOf(...materialKinds, 'other'),
  intact: flag,
  checkValue: optional(bytes),
  publicKey: optional(bytes),
})

const objectAttributes = record<ObjectAttributes>({
  class: oneOf('secret', 'private', 'public'),
  attributes: list(record<TokenAttribute>({ name: text, value: optional(bytes) })),
})

const importedKey = record<ImportedKey>({ checkValue: bytes, publicKey: optional(bytes) })

/** A check's result as the host tells it: return values are numbers here. */
const verdict = record<Verdict>({ outcome: oneOf(...checkOutcomes), ckr: optional(count), detail: optional(text), microseconds: optional(count) })

export interface Verdict {
  readonly outcome: (typeof checkOutcomes)[number]
  readonly ckr: number | undefined
  readonly detail: string | undefined
  readonly microseconds: number | undefined
}

const sealed = record<{ iv: Uint8Array; sealed: Uint8Array }>({ iv: bytes, sealed: bytes })
const sealedRandom = record<{ iv: Uint8Array; sealed: Uint8Array; plaintext: Uint8Array }>({ iv: bytes, sealed: bytes, plaintext: bytes })

/** Every operation of a host. Both sides' types, deadlines and the reading of answers are derived from this table. */
export const operations = {
  /** dlopen and C_Initialize; the first call of every host. */
  load: reads<[library: string, parameters: string | undefined]>()('open', nothing),
  tokens: reads<[]>()('open', list(tokenFacts)),
  /** C_InitToken of a free slot and C_InitPIN. PINs are UTF-8. */
  initialise: changes<[label: string, soPin: Uint8Array, pin: Uint8Array]>()('change', tokenFacts),
  /** Finds the token by its serial and opens the keeper session. No login yet. */
  open: reads<[serial: string]>()('open', record<{ facts: TokenFacts; loginRequired: boolean }>({ facts: tokenFacts, loginRequired: flag })),
  /** C_Login as user: counted by the token, so never repeated by itself either. */
  login: changes<[pin: Uint8Array]>()('login', nothing),
  /** The same with the PIN that a person has typed straight into the host. */
  loginTyped: changes<[]>()('login', nothing),
  generateKey: changes<[kind: MaterialKind, ckaId: Uint8Array, label: string]>()('change', keyFacts),
  importKey: changes<[
    kind: MaterialKind, wrappingCkaId: Uint8Array, algorithm: WrappingAlgorithm, wrapped: Uint8Array, expected: Uint8Array | undefined,
    name: { ckaId: Uint8Array; label: string } | undefined,
  ]>()('change', importedKey),
  findKey: reads<[ckaId: Uint8Array]>()('symmetric', optional(keyFacts)),
  findKeys: reads<[labelPrefix: string]>()('walk', list(keyFacts)),
  destroyKey: changes<[ckaId: Uint8Array, label: string]>()('change', flag),
  encrypt: reads<[ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array]>()('symmetric', sealed),
  encryptRandom: reads<[ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, length: number]>()('symmetric', sealedRandom),
  decrypt: reads<[ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array]>()('symmetric', optional(bytes)),
  mac: reads<[ckaId: Uint8Array, data: Uint8Array, kind: HmacKind]>()('symmetric', bytes),
  sign: reads<[ckaId: Uint8Array, scheme: SignatureScheme, data: Uint8Array]>()('privateKey', bytes),
  rsaDecrypt: reads<[ckaId: Uint8Array, scheme: OaepScheme, ciphertext: Uint8Array]>()('privateKey', optional(bytes)),
  derive: reads<[ckaId: Uint8Array, point: Uint8Array]>()('privateKey', bytes),
  attributes: reads<[ckaId: Uint8Array]>()('symmetric', list(objectAttributes)),
  random: reads<[length: number]>()('symmetric', bytes),
  /** One check of the table, with session keys. */
  tryOut: reads<[check: CheckId]>()('trial', verdict),
  /** The same for a check that makes long keys. */
  tryOutSlowly: reads<[check: CheckId]>()('change', verdict),
} as const

export type OperationName = keyof typeof operations
export type ArgumentsOf<Name extends OperationName> = NonNullable<(typeof operations)[Name]['arguments']>
export type ResultOf<Name extends OperationName> = ReturnType<(typeof operations)[Name]['result']>

/** One call of an operation, wherever it goes. */
export type Call = <Name extends OperationName>(name: Name, ...given: ArgumentsOf<Name>) => Promise<ResultOf<Name>>

/** `[id, operation, ...arguments]`; ids are unique in the life of a host. */
export type Request = readonly [id: number, name: OperationName, ...given: readonly unknown[]]
/** `[id, 0, result]` or `[id, 1, refusal]`. */
export type Reply = readonly [id: number, status: 0, value: unknown] | readonly [id: number, status: 1, refusal: Refusal]

/** Why a host did not do what it was asked. */
export type Refusal =
  /** A PKCS#11 return value. */
  | { readonly kind: 'ckr'; readonly ckr: number }
  /** The library cannot be loaded; the text is the dynamic loader's. */
  | { readonly kind: 'library'; readonly text: string }
  /** No token has the serial. */
  | { readonly kind: 'noToken' }
  /** No slot holds an uninitialised token. */
  | { readonly kind: 'noSlot' }
  /** No one key has the CKA_ID: none, or several. */
  | { readonly kind: 'noKey' }
  /** The token makes no keys of this kind. */
  | { readonly kind: 'noKind'; readonly name: string }
  /** A generated key did not keep this attribute and was destroyed. */
  | { readonly kind: 'differs'; readonly attribute: string }
  /** What should have been a wrapped key does not open. */
  | { readonly kind: 'unopened' }
  /** What was opened is no key of the kind, or not the expected one. */
  | { readonly kind: 'unfit' }
  /** Our own mistake in the host or in how it was called. */
  | { readonly kind: 'fault'; readonly text: string }

/** Reads one reply of a host. Throws TypeError for anything else; the value is still to be read by the operation's reader. */
export function readReply(value: unknown): Reply {
  if (!Array.isArray(value)) throw new TypeError('no reply')
  const [id, status, content] = value as unknown[]
  if (status === 0) return [count(id), 0, content]
  if (status === 1) return [count(id), 1, readRefusal(content)]
  throw new TypeError('no reply')
}

const refusals: { readonly [K in Refusal['kind']]: Read<Extract<Refusal, { kind: K }>> } = {
  ckr: record<Extract<Refusal, { kind: 'ckr' }>>({ kind: oneOf('ckr'), ckr: count }),
  library: record<Extract<Refusal, { kind: 'library' }>>({ kind: oneOf('library'), text }),
  noToken: record<Extract<Refusal, { kind: 'noToken' }>>({ kind: oneOf('noToken') }),
  noSlot: record<Extract<Refusal, { kind: 'noSlot' }>>({ kind: oneOf('noSlot') }),
  noKey: record<Extract<Refusal, { kind: 'noKey' }>>({ kind: oneOf('noKey') }),
  noKind: record<Extract<Refusal, { kind: 'noKind' }>>({ kind: oneOf('noKind'), name: text }),
  differs: record<Extract<Refusal, { kind: 'differs' }>>({ kind: oneOf('differs'), attribute: text }),
  unopened: record<Extract<Refusal, { kind: 'unopened' }>>({ kind: oneOf('unopened') }),
  unfit: record<Extract<Refusal, { kind: 'unfit' }>>({ kind: oneOf('unfit') }),
  fault: record<Extract<Refusal, { kind: 'fault' }>>({ kind: oneOf('fault'), text }),
}

function readRefusal(value: unknown): Refusal {
  const { kind } = record<{ kind: string }>({ kind: text })(value)
  if (!Object.hasOwn(refusals, kind)) throw new TypeError('no refusal')
  return refusals[kind as Refusal['kind']](value)
}
