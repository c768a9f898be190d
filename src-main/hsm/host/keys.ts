import pkcs11 from 'pkcs11js'
import type { KeyFacts, MaterialKind } from '#core/ports/hsm.ts'
import { ckr } from '../ckr.ts'
import { asBuffer, taken } from './bytes.ts'
import { Refused, ckrOf } from './refusal.ts'
import { KEY_LENGTH, asked, isValue, kinds, named, readUlong, templateOf } from './templates.ts'
import type { OpenToken } from './token.ts'

/** Makes a key, reads every attribute back, destroys the key if one differs. Refuses with `differs`. */
export function generateKey(token: OpenToken, kind: MaterialKind, ckaId: Uint8Array, label: string): KeyFacts {
  if (token.repeatable((session) => token.findById(session, ckaId)).length > 0) {
    throw new Refused({ kind: 'fault', text: 'generateKey with a CKA_ID that is taken' })
  }
  const template = templateOf(asked(kind, 'token'), named(ckaId, label))
  const key = token.attempt((session) => token.functions.C_GenerateKey(session, { mechanism: kinds[kind].generate }, template))
  try {
    const differing = token.attempt((session) => differingAttribute(token, session, key, kind, ckaId, label))
    if (differing !== undefined) throw new Refused({ kind: 'differs', attribute: differing })
    return factsOf(token, key, { alone: true })
  } catch (error) {
    // A key that was not seen to be right must not stay. If this fails too, the journal finds the key by its CKA_ID.
    token.attempt((session) => { token.functions.C_DestroyObject(session, key) })
    throw error
  }
}

/** Undefined if there is no such key. If there are several, the facts of the first, not intact. */
export function findKey(token: OpenToken, ckaId: Uint8Array): KeyFacts | undefined {
  const [key, second] = token.repeatable((session) => token.findById(session, ckaId))
  return key === undefined ? undefined : factsOf(token, key, { alone: second === undefined })
}

/** Every secret key on the token whose label begins with the prefix. */
export function findKeys(token: OpenToken, labelPrefix: string): KeyFacts[] {
  const keys = token.repeatable((session) =>
    token
      .find(session, [{ type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY }, { type: pkcs11.CKA_TOKEN, value: true }])
      .filter((key) => labelOf(token, session, key).startsWith(labelPrefix)),
  )
  const facts = keys.map((key) => factsOf(token, key, { alone: true }))
  const seen = new Map<string, number>()
  for (const { ckaId } of facts) seen.set(hex(ckaId), (seen.get(hex(ckaId)) ?? 0) + 1)
  return facts.map((key) => (seen.get(hex(key.ckaId)) === 1 ? key : { ...key, intact: false }))
}

/** Destroys every object that has both this CKA_ID and this label, and looks again. False if there was none. */
export function destroyKey(token: OpenToken, ckaId: Uint8Array, label: string): boolean {
  const matching = () =>
    token.repeatable((session) => token.findById(session, ckaId).filter((key) => labelOf(token, session, key) === label))
  const doomed = matching()
  token.forget(ckaId)
  for (const key of doomed) token.attempt((session) => { token.functions.C_DestroyObject(session, key) })
  // "Destroyed" is a promise to a person: the token must show that it is so.
  if (doomed.length > 0 && matching().length > 0) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
  return doomed.length > 0
}

/** The name of the first attribute that does not read back as it was asked for. */
function differingAttribute(
  token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle, kind: MaterialKind, ckaId: Uint8Array, label: string,
): string | undefined {
  const differing = asked(kind, 'token').find(({ type, value }) => !isValue(attribute(token, session, key, type), value))
  if (differing !== undefined) return differing.name
  if (attribute(token, session, key, pkcs11.CKA_ID)?.equals(ckaId) !== true) return 'CKA_ID'
  return labelOf(token, session, key) === label ? undefined : 'CKA_LABEL'
}

function factsOf(token: OpenToken, key: pkcs11.Handle, found: { alone: boolean }): KeyFacts {
  const seen = token.repeatable((session) => {
    const kind = kindOf(token, session, key)
    const right = kind !== 'other' && asked(kind, 'token').every(({ type, value }) => isValue(attribute(token, session, key, type), value))
    return {
      ckaId: attribute(token, session, key, pkcs11.CKA_ID) ?? Buffer.alloc(0),
      label: labelOf(token, session, key),
      kind,
      intact: right && found.alone,
    }
  })
  return { ...seen, checkValue: seen.kind === 'other' ? undefined : checkValue(token, key, kinds[seen.kind].check) }
}

function kindOf(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle): MaterialKind | 'other' {
  if (!isValue(attribute(token, session, key, pkcs11.CKA_VALUE_LEN), KEY_LENGTH)) return 'other'
  const keyType = readUlong(attribute(token, session, key, pkcs11.CKA_KEY_TYPE))
  return (Object.keys(kinds) as MaterialKind[]).find((kind) => kinds[kind].keyType === keyType) ?? 'other'
}

const CHECKED = Buffer.from('holdfast/check/v1', 'ascii')
const CHECK_LENGTH = 16

/** Return values that say "this key cannot do that here", as opposed to "something broke". */
const CANNOT = new Set<number>([
  ckr.CKR_MECHANISM_INVALID, ckr.CKR_MECHANISM_PARAM_INVALID, ckr.CKR_FUNCTION_NOT_SUPPORTED,
  ckr.CKR_KEY_FUNCTION_NOT_PERMITTED, ckr.CKR_KEY_TYPE_INCONSISTENT, ckr.CKR_KEY_SIZE_RANGE,
])

function checkValue(token: OpenToken, key: pkcs11.Handle, mechanism: number): Buffer | undefined {
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
function attribute(token: OpenToken, session: pkcs11.Handle, key: pkcs11.Handle, type: number): Buffer | undefined {
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

function hex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex')
}
