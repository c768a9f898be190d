import { createHash } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { isPair } from '#core/keys/specs.ts'
import type { KeyFacts, MaterialKind, PairKind, SecretKind } from '#core/ports/hsm.ts'
import { ckr } from '../ckr.ts'
import { taken } from './bytes.ts'
import { askedPrivate, askedPublic, pairKindOf, pairParameters, pairs, publicKeyOf, type PublicShown } from './pairs.ts'
import { Refused, ckrOf } from './refusal.ts'
import { asked, isValue, kinds, named, readUlong, templateOf, type Asked } from './templates.ts'
import type { FoundKey, OpenToken } from './token.ts'

/** Makes a key or a pair, reads every attribute back, destroys it if one differs. Refuses with `differs`, `noKind`. */
export function generateKey(token: OpenToken, kind: MaterialKind, ckaId: Uint8Array, label: string): KeyFacts {
  if (token.repeatable((session) => token.findById(session, ckaId)).length > 0) {
    throw new Refused({ kind: 'fault', text: 'generateKey with a CKA_ID that is taken' })
  }
  const made = make(token, kind, ckaId, label)
  try {
    for (const { handle, rows } of made) {
      const differing = token.attempt((session) => differingAttribute(token, session, handle, rows, ckaId, label))
      if (differing !== undefined) throw new Refused({ kind: 'differs', attribute: differing })
    }
    const facts = factsOf(token, made)
    if (facts.kind !== kind) throw new Refused({ kind: 'differs', attribute: isPair(kind) && pairs[kind].type !== 'rsa' ? 'CKA_EC_PARAMS' : 'CKA_KEY_TYPE' })
    return facts
  } catch (error) {
    // A key that was not seen to be right must not stay. If this fails too, the journal finds the key by its CKA_ID.
    for (const { handle } of made) token.attempt((session) => { token.functions.C_DestroyObject(session, handle) })
    throw error
  }
}

/** Undefined if there is no such key. If there are several, the facts of the first, not intact. */
export function findKey(token: OpenToken, ckaId: Uint8Array): KeyFacts | undefined {
  const found = token.repeatable((session) => token.findById(session, ckaId))
  return found.length === 0 ? undefined : factsOf(token, found)
}

/** Every key on the token whose label begins with the prefix: a pair counts once. */
export function findKeys(token: OpenToken, labelPrefix: string): KeyFacts[] {
  const groups = new Map<string, FoundKey[]>()
  for (const { name, value } of searched) {
    const handles = token.repeatable((session) =>
      token
        .find(session, [{ type: pkcs11.CKA_CLASS, value }, { type: pkcs11.CKA_TOKEN, value: true }])
        .filter((key) => labelOf(token, session, key).startsWith(labelPrefix)),
    )
    for (const handle of handles) {
      const id = token.repeatable((session) => attribute(token, session, handle, pkcs11.CKA_ID))?.toString('hex') ?? ''
      groups.set(id, [...(groups.get(id) ?? []), { handle, class: name }])
    }
  }
  return [...groups.values()].map((found) => factsOf(token, found))
}

const searched = [
  { name: 'secret', value: pkcs11.CKO_SECRET_KEY },
  { name: 'private', value: pkcs11.CKO_PRIVATE_KEY },
  { name: 'public', value: pkcs11.CKO_PUBLIC_KEY },
] as const

/** Destroys every object that has both this CKA_ID and this label, and looks again. False if there was none. */
export function destroyKey(token: OpenToken, ckaId: Uint8Array, label: string): boolean {
  const matching = () =>
    token.repeatable((session) => token.findById(session, ckaId).filter(({ handle }) => labelOf(token, session, handle) === label))
  // The public half last: until then a half-destroyed pair is still found.
  const doomed = matching().sort((a, b) => Number(a.class === 'public') - Number(b.class === 'public'))
  token.forget(ckaId)
  for (const { handle } of doomed) token.attempt((session) => { token.functions.C_DestroyObject(session, handle) })
  // "Destroyed" is a promise to a person: the token must show that it is so.
  if (doomed.length > 0 && matching().length > 0) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
  return doomed.length > 0
}

interface Made extends FoundKey {
  readonly rows: readonly Asked[]
}

function make(token: OpenToken, kind: MaterialKind, ckaId: Uint8Array, label: string): Made[] {
  try {
    return isPair(kind) ? makePair(token, kind, named(ckaId, label)) : [makeSecret(token, kind, named(ckaId, label))]
  } catch (error) {
    const value = ckrOf(error)
    if (value !== undefined && NO_SUCH_KIND.has(value)) throw new Refused({ kind: 'noKind', name: kind })
    throw error
  }
}

function makeSecret(token: OpenToken, kind: SecretKind, name: pkcs11.Template): Made {
  const rows = asked(kind, 'token')
  const handle = token.attempt((session) => token.functions.C_GenerateKey(session, { mechanism: kinds[kind].generate }, templateOf(rows, name)))
  return { handle, class: 'secret', rows }
}

function makePair(token: OpenToken, kind: PairKind, name: pkcs11.Template): Made[] {
  const [privateRows, publicRows] = [askedPrivate(kind), askedPublic(kind)]
  const [parameters = [], other] = pairParameters(kind)
  const generate = (given: pkcs11.Template): pkcs11.KeyPair =>
    token.attempt((session) =>
      token.functions.C_GenerateKeyPair(
        session, { mechanism: pairs[kind].generate }, templateOf(publicRows, [...given, ...name]), templateOf(privateRows, name),
      ),
    )
  const pair = generateEither(generate, parameters, other)
  return [{ handle: pair.privateKey, class: 'private', rows: privateRows }, { handle: pair.publicKey, class: 'public', rows: publicRows }]
}

/** A token that refuses one way to name a curve is asked in the other. */
function generateEither(generate: (given: pkcs11.Template) => pkcs11.KeyPair, parameters: pkcs11.Template, other: pkcs11.Template | undefined): pkcs11.KeyPair {
  try {
    return generate(parameters)
  } catch (error) {
    if (other === undefined || ckrOf(error) === undefined) throw error
    return generate(other)
  }
}

/** Return values of a token that does not make keys of the kind. */
export const NO_SUCH_KIND = new Set<number>([
  ckr.CKR_MECHANISM_INVALID, ckr.CKR_MECHANISM_PARAM_INVALID, ckr.CKR_FUNCTION_NOT_SUPPORTED, ckr.CKR_CURVE_NOT_SUPPORTED,
  ckr.CKR_DOMAIN_PARAMS_INVALID, ckr.CKR_KEY_SIZE_RANGE,
])

/** The name of the first attribute that does not read back as it was asked for. */
export function differingAttribute(
  token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle, rows: readonly Asked[], ckaId: Uint8Array, label: string,
): string | undefined {
  const differing = rows.find(({ type, value }) => !isValue(attribute(token, session, key, type), value))
  if (differing !== undefined) return differing.name
  if (attribute(token, session, key, pkcs11.CKA_ID)?.equals(ckaId) !== true) return 'CKA_ID'
  return labelOf(token, session, key) === label ? undefined : 'CKA_LABEL'
}

/** The facts of the objects that share a CKA_ID: one secret key, or a private and a public one, are what they must be. */
export function factsOf(token: OpenToken, found: readonly FoundKey[]): KeyFacts {
  const main = found.find((each) => each.class !== 'public') ?? found[0]
  if (main === undefined) throw new Refused({ kind: 'noKey' })
  const seen = token.repeatable((session) => ({
    ckaId: attribute(token, session, main.handle, pkcs11.CKA_ID) ?? Buffer.alloc(0),
    label: labelOf(token, session, main.handle),
  }))
  if (main.class === 'secret') return { ...seen, ...secretFacts(token, main, found.length === 1), publicKey: undefined }
  return { ...seen, ...pairFacts(token, found) }
}

function secretFacts(token: OpenToken, { handle }: FoundKey, alone: boolean): Pick<KeyFacts, 'kind' | 'intact' | 'checkValue'> {
  const { kind, intact } = token.repeatable((session) => {
    const is = secretKindOf(token, session, handle)
    return { kind: is, intact: is !== 'other' && alone && keeps(token, session, handle, asked(is, 'token')) }
  })
  return { kind, intact, checkValue: kind === 'other' ? undefined : checkValue(token, handle, kinds[kind].check) }
}

function pairFacts(token: OpenToken, found: readonly FoundKey[]): Pick<KeyFacts, 'kind' | 'intact' | 'checkValue' | 'publicKey'> {
  const [privateKey, publicKey] = (['private', 'public'] as const).map((wanted) => found.find((each) => each.class === wanted))
  const other = { kind: 'other', intact: false, checkValue: undefined, publicKey: undefined } as const
  if (privateKey === undefined || publicKey === undefined) return other
  return token.repeatable((session) => {
    const shown = publicShown(token, session, publicKey.handle)
    const keyType = readUlong(attribute(token, session, privateKey.handle, pkcs11.CKA_KEY_TYPE))
    const kind = pairKindOf(keyType, (type) => isValue(attribute(token, session, privateKey.handle, type), true), shown)
    if (kind === undefined) return other
    const info = publicKeyOf(kind, shown)
    const kept = keeps(token, session, privateKey.handle, askedPrivate(kind)) && keeps(token, session, publicKey.handle, askedPublic(kind))
    const checked = createHash('sha256').update(info).digest()
    return { kind, intact: kept && found.length === 2, checkValue: taken(checked, CHECK_LENGTH), publicKey: info }
  })
}

function publicShown(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle): PublicShown {
  return {
    modulus: attribute(token, session, key, pkcs11.CKA_MODULUS),
    exponent: attribute(token, session, key, pkcs11.CKA_PUBLIC_EXPONENT),
    parameters: attribute(token, session, key, pkcs11.CKA_EC_PARAMS),
    point: attribute(token, session, key, pkcs11.CKA_EC_POINT),
  }
}

function keeps(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle, rows: readonly Asked[]): boolean {
  return rows.every(({ type, value }) => isValue(attribute(token, session, key, type), value))
}

function secretKindOf(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle): SecretKind | 'other' {
  const length = readUlong(attribute(token, session, key, pkcs11.CKA_VALUE_LEN))
  const keyType = readUlong(attribute(token, session, key, pkcs11.CKA_KEY_TYPE))
  return (Object.keys(kinds) as SecretKind[]).find((kind) => kinds[kind].keyType === keyType && kinds[kind].length === length) ?? 'other'
}

const CHECKED = Buffer.from('holdfast/check/v1', 'ascii')
/** Bytes of a check value. */
export const CHECK_LENGTH = 16

/** Return values that say "this key cannot do that here", as opposed to "something broke". */
const CANNOT = new Set<number>([
  ckr.CKR_MECHANISM_INVALID, ckr.CKR_MECHANISM_PARAM_INVALID, ckr.CKR_FUNCTION_NOT_SUPPORTED,
  ckr.CKR_KEY_FUNCTION_NOT_PERMITTED, ckr.CKR_KEY_TYPE_INCONSISTENT, ckr.CKR_KEY_SIZE_RANGE,
])

export function checkValue(token: OpenToken, key: pkcs11.Handle, mechanism: number): Buffer | undefined {
  try {
    return token.repeatable((session) => {
      token.functions.C_SignInit(session, { mechanism }, key)
      return taken(token.functions.C_Sign(session, CHECKED, Buffer.alloc(64)), CHECK_LENGTH)
    })
  } catch (error) {
    const value = ckrOf(error)
    if (value !== undefined && CANNOT.has(value)) return undefined
    throw error
  }
}

/** One attribute alone: asked together, one that the token does not show makes all of them fail. Undefined if it is not shown. */
export function attribute(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle, type: number): Buffer | undefined {
  try {
    const value = token.functions.C_GetAttributeValue(session, key, [{ type }])[0]?.value
    return Buffer.isBuffer(value) ? value : undefined
  } catch (error) {
    const value = ckrOf(error)
    if (value === ckr.CKR_ATTRIBUTE_TYPE_INVALID || value === ckr.CKR_ATTRIBUTE_SENSITIVE) return undefined
    throw error
  }
}

function labelOf(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle): string {
  return attribute(token, session, key, pkcs11.CKA_LABEL)?.toString('utf8') ?? ''
}
