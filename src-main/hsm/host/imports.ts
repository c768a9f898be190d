import { createHash, timingSafeEqual } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { isPair } from '#core/keys/specs.ts'
import { rsaNumbers } from '#core/keys/public-keys.ts'
import type { ImportedKey, MaterialKind, OaepScheme, PairKind, SecretKind } from '#core/ports/hsm.ts'
import type { WrappingAlgorithm } from '#core/vocabulary/kms.ts'
import { ckr } from '../ckr.ts'
import { asBuffer } from './bytes.ts'
import { attribute, CHECK_LENGTH, checkValue, differingAttribute, findKey, NO_SUCH_KIND } from './keys.ts'
import { kwpUnwrap } from './kwp.ts'
import { askedPrivate, askedPublic } from './pairs.ts'
import { readPkcs8 } from './pkcs8.ts'
import { oaepMechanism, type PrivateKeys } from './private-keys.ts'
import { Refused, ckrOf } from './refusal.ts'
import { asked, kinds, named, readUlong, templateOf, type Asked } from './templates.ts'
import type { OpenToken } from './token.ts'

const schemes = {
  RSAES_OAEP_SHA_1: 'oaep-sha-1',
  RSAES_OAEP_SHA_256: 'oaep-sha-256',
  RSA_AES_KEY_WRAP_SHA_1: 'oaep-sha-1',
  RSA_AES_KEY_WRAP_SHA_256: 'oaep-sha-256',
} as const satisfies Record<WrappingAlgorithm, OaepScheme>

interface Name {
  readonly ckaId: Uint8Array
  readonly label: string
}

/** MemberSession.importKey. Refuses with `unopened`, `unfit`, `differs`, `noKind`. */
export function importKey(
  token: OpenToken, privateKeys: PrivateKeys, kind: MaterialKind, wrappingCkaId: Uint8Array, algorithm: WrappingAlgorithm, wrapped: Uint8Array,
  expected: Uint8Array | undefined, name: Name | undefined,
): ImportedKey {
  if (name !== undefined && token.repeatable((session) => token.findById(session, name.ckaId)).length > 0) {
    throw new Refused({ kind: 'fault', text: 'importKey with a CKA_ID that is taken' })
  }
  const wish = { expected, name }
  // A token that has unwrapped for us has never shown us the key. Pairs it would unwrap without their public half, which nothing shows then.
  const within = isPair(kind) || !algorithm.startsWith('RSAES') ? undefined : secretWithin(token, kind, wrappingCkaId, schemes[algorithm], wrapped, wish)
  if (within !== undefined) return within
  const opened = openedHere(token, privateKeys, wrappingCkaId, algorithm, asBuffer(wrapped))
  if (opened === undefined) throw new Refused({ kind: 'unopened' })
  try {
    return isPair(kind) ? bringPair(token, kind, opened, wish) : bringSecret(token, kind, opened, wish)
  } catch (error) {
    const value = ckrOf(error)
    if (value !== undefined && NO_SUCH_KIND.has(value)) throw new Refused({ kind: 'noKind', name: kind })
    throw error
  } finally {
    opened.fill(0)
  }
}

interface Wish {
  readonly expected: Uint8Array | undefined
  readonly name: Name | undefined
}

/**
 * C_UnwrapKey into the session, and from there onto the token once it is seen to be right. Undefined where the token does not do it: tokens
 * differ in what they call a bad wrapping and what a mechanism that they do not have, so whatever one refuses is opened and judged outside.
 */
function secretWithin(token: OpenToken, kind: SecretKind, wrappingCkaId: Uint8Array, scheme: OaepScheme, wrapped: Uint8Array, wish: Wish): ImportedKey | undefined {
  const { functions, keeper } = token
  let key: pkcs11.Handle | undefined
  try {
    // Modifiable until it is copied: SoftHSM makes the object before it has the value (CKR_ATTRIBUTE_READ_ONLY).
    const template = templateOf(withoutLength(asked(kind, 'session')).map((row) => (row.type === pkcs11.CKA_MODIFIABLE ? { ...row, value: true } : row)))
    key = token.withKey(wrappingCkaId, (session, wrapping) => functions.C_UnwrapKey(session, oaepMechanism(scheme), wrapping, asBuffer(wrapped), template))
    // SoftHSM says 0 of what it has unwrapped, and would for ever: such a key could be of any length.
    if (!valueLength(token, key)) return undefined
    const checked = checkedSecret(token, kind, key, wish)
    const source = key
    if (wish.name !== undefined) {
      const rows = asked(kind, 'token')
      const changes = rows.filter(({ type }) => type === pkcs11.CKA_TOKEN || type === pkcs11.CKA_MODIFIABLE)
      place(token, rows, wish.name, (naming) => token.attempt((session) => functions.C_CopyObject(session, source, templateOf(changes, naming))))
    }
    return { checkValue: checked, publicKey: undefined }
  } catch (error) {
    if (ckrOf(error) === undefined) throw error
    return undefined
  } finally {
    // Unwrapped in the work session: gone with it already if something failed there.
    if (key !== undefined) discard(() => { functions.C_DestroyObject(keeper, key ?? keeper) })
  }
}

function bringSecret(token: OpenToken, kind: SecretKind, value: Buffer, wish: Wish): ImportedKey {
  if (value.length !== kinds[kind].length) throw new Refused({ kind: 'unfit' })
  const create = (session: pkcs11.Handle, lives: 'session' | 'token', naming: pkcs11.Template): pkcs11.Handle =>
    token.functions.C_CreateObject(session, templateOf(withoutLength(asked(kind, lives)), [{ type: pkcs11.CKA_VALUE, value }, ...naming]))
  const key = create(token.keeper, 'session', [])
  try {
    const checked = checkedSecret(token, kind, key, wish)
    if (wish.name !== undefined) place(token, asked(kind, 'token'), wish.name, (naming) => token.attempt((session) => create(session, 'token', naming)))
    return { checkValue: checked, publicKey: undefined }
  } finally {
    discard(() => { token.functions.C_DestroyObject(token.keeper, key) })
  }
}

/** The check value of a session key that has the kind's length, and is the expected one if one is. */
function checkedSecret(token: OpenToken, kind: SecretKind, key: pkcs11.Handle, { expected }: Wish): Buffer {
  if (valueLength(token, key) !== kinds[kind].length) throw new Refused({ kind: 'unfit' })
  const checked = checkValue(token, key, kinds[kind].check)
  // Without one nothing would tell whether the same material comes again.
  if (checked === undefined) throw new Refused({ kind: 'noKind', name: kind })
  requireExpected(checked, expected)
  return checked
}

function valueLength(token: OpenToken, key: pkcs11.Handle): number | undefined {
  return token.attempt((session) => readUlong(attribute(token, session, key, pkcs11.CKA_VALUE_LEN)))
}

function bringPair(token: OpenToken, kind: PairKind, bytes: Buffer, { expected, name }: Wish): ImportedKey {
  const pair = readPkcs8(kind, bytes)
  if (pair === undefined) throw new Refused({ kind: 'unfit' })
  const checked = Buffer.from(createHash('sha256').update(pair.publicKey).digest().subarray(0, CHECK_LENGTH))
  requireExpected(checked, expected)
  const create = (template: pkcs11.Template): pkcs11.Handle => token.attempt((session) => token.functions.C_CreateObject(session, template))
  if (name !== undefined) {
    const privateRows = askedPrivate(kind)
    const made: pkcs11.Handle[] = []
    try {
      const { publicTemplate } = firstThatWorks(pair.ways.map((way) => () => {
        made.push(place(token, privateRows, name, (naming) => create(templateOf(privateRows, [...way.private, ...naming]))))
        return { publicTemplate: way.public }
      }))
      made.push(place(token, askedPublic(kind), name, (naming) => create(templateOf(askedPublic(kind), [...publicTemplate, ...naming]))))
      const shown = findKey(token, name.ckaId)
      if (shown?.intact !== true || shown.publicKey === undefined || !asBuffer(shown.publicKey).equals(pair.publicKey)) throw new Refused({ kind: 'differs', attribute: 'CKA_ID' })
    } catch (error) {
      for (const handle of made) token.attempt((session) => { token.functions.C_DestroyObject(session, handle) })
      throw error
    }
  }
  return { checkValue: checked, publicKey: pair.publicKey }
}

/** Puts an object onto the token and reads every attribute back; one that differs is destroyed. */
function place(token: OpenToken, rows: readonly Asked[], { ckaId, label }: Name, make: (naming: pkcs11.Template) => pkcs11.Handle): pkcs11.Handle {
  const handle = make(named(ckaId, label))
  const differing = token.attempt((session) => differingAttribute(token, session, handle, rows, ckaId, label))
  if (differing === undefined) return handle
  token.attempt((session) => { token.functions.C_DestroyObject(session, handle) })
  throw new Refused({ kind: 'differs', attribute: differing })
}

/** The wrapped bytes, opened in this process; undefined if they do not open. The caller wipes the result. */
function openedHere(token: OpenToken, privateKeys: PrivateKeys, wrappingCkaId: Uint8Array, algorithm: WrappingAlgorithm, wrapped: Buffer): Buffer | undefined {
  const scheme = schemes[algorithm]
  if (algorithm.startsWith('RSAES')) return privateKeys.rsaDecrypt(wrappingCkaId, scheme, wrapped)
  const info = findKey(token, wrappingCkaId)?.publicKey
  const length = (info && rsaNumbers(info))?.modulus.length
  if (length === undefined) throw new Refused({ kind: 'noKey' })
  // PKCS #11 v2.40, CKM_RSA_AES_KEY_WRAP: an AES key under OAEP, then the material under that key.
  const key = privateKeys.rsaDecrypt(wrappingCkaId, scheme, wrapped.subarray(0, length))
  if (key === undefined) return undefined
  try {
    return AES_LENGTHS.has(key.length) ? kwpUnwrap(key, wrapped.subarray(length)) : undefined
  } finally {
    key.fill(0)
  }
}

const AES_LENGTHS = new Set([16, 24, 32])

function requireExpected(checked: Buffer, expected: Uint8Array | undefined): void {
  if (expected === undefined || (expected.length === checked.length && timingSafeEqual(checked, expected))) return
  throw new Refused({ kind: 'unfit' })
}

/** A new value tells its own length; C_CreateObject and C_UnwrapKey refuse another word on it. */
function withoutLength(rows: readonly Asked[]): readonly Asked[] {
  return rows.filter(({ type }) => type !== pkcs11.CKA_VALUE_LEN)
}

/** A token that refuses one way to name a curve is asked in the next. */
function firstThatWorks<T>(ways: readonly (() => T)[]): T {
  for (const [i, way] of ways.entries()) {
    try {
      return way()
    } catch (error) {
      if (i === ways.length - 1 || ckrOf(error) === undefined) throw error
    }
  }
  throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
}

function discard(destroy: () => void): void {
  try {
    destroy()
  } catch (error) {
    if (ckrOf(error) === undefined) throw error
  }
}
