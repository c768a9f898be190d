import { randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { ckrOf } from '../refusal.ts'
import { KEY_LENGTH } from '../templates.ts'
import { ecPair } from './curves.ts'
import { sealedKey } from './making.ts'
import { rsaKeys } from './rsa.ts'
import { NotThere, must, type Finding, type Trial } from './trial.ts'

export function readSecret(trial: Trial): Finding {
  return mustNotRead(trial, sealedKey(trial), pkcs11.CKA_VALUE)
}

export function readPrivate(trial: Trial): Finding {
  if (trial.lists(pkcs11.CKM_EC_KEY_PAIR_GEN)) {
    const pair = trial.answered(() => ecPair(trial, 'P-256', 'sign'))
    if (pair !== undefined) return mustNotRead(trial, pair.privateKey, pkcs11.CKA_VALUE)
  }
  if (!trial.lists(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN)) throw new NotThere('the token makes no pairs')
  return mustNotRead(trial, rsaKeys(trial, 'sign').privateKey, pkcs11.CKA_PRIVATE_EXPONENT)
}

/** Any refusal will do, also of a token that copies nothing: what counts is that there is no extractable copy. */
export function copySealed(trial: Trial): Finding {
  const key = sealedKey(trial)
  const loosened = [
    [{ type: pkcs11.CKA_EXTRACTABLE, value: true }],
    [{ type: pkcs11.CKA_SENSITIVE, value: false }],
  ]
  const codes = loosened.map((change) => {
    const copied = refusalOf(() => trial.keep(trial.functions.C_CopyObject(trial.token.keeper, key, [{ type: pkcs11.CKA_TOKEN, value: false }, ...change])))
    if (copied.result !== undefined) mustBeSealed(trial, copied.result, 'the copy')
    return copied.ckr
  })
  return { ...given(codes) }
}

export function unsealSealed(trial: Trial): Finding {
  const changes = [
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: false },
  ]
  const codes = changes.map((change) => {
    // Modifiable, so that the refusal is one of these two attributes and not of any change.
    const key = trial.generate(generating(trial), {
      keyType: trial.lists(pkcs11.CKM_AES_KEY_GEN) ? 'aes' : 'generic', kept: 'sealed', uses: ['sign', 'verify'], length: KEY_LENGTH, modifiable: true,
    })
    const set = refusalOf(() => { trial.attempt((session) => { trial.functions.C_SetAttributeValue(session, key, [change]) }) })
    mustBeSealed(trial, key, 'the key')
    return set.ckr
  })
  return { ...given(codes) }
}

/** openCryptoki says CKA_NEVER_EXTRACTABLE of keys that came from outside. */
export function importHistory(trial: Trial): Finding | undefined {
  const key = trial.importIfPossible(randomBytes(KEY_LENGTH), { keyType: 'aes', kept: 'sealed', uses: ['encrypt', 'decrypt'] })
  if (key === undefined) throw new NotThere('no import')
  for (const name of ['CKA_NEVER_EXTRACTABLE', 'CKA_ALWAYS_SENSITIVE', 'CKA_LOCAL'] as const) {
    must(trial.flag(key, pkcs11[name]) !== true, `${name} is true for a key from outside`)
  }
  return undefined
}

function mustNotRead(trial: Trial, key: pkcs11.Handle, type: number): Finding {
  const read = refusalOf(() => trial.timed((session) => trial.functions.C_GetAttributeValue(session, key, [{ type }])))
  const value = read.result?.[0]?.value
  must(!Buffer.isBuffer(value) || value.length === 0, 'its value was read')
  return { ...given([read.ckr]) }
}

function mustBeSealed(trial: Trial, key: pkcs11.Handle, what: string): void {
  must(trial.flag(key, pkcs11.CKA_EXTRACTABLE) === false, `${what} is extractable`)
  must(trial.flag(key, pkcs11.CKA_SENSITIVE) === true, `${what} is not sensitive`)
}

function generating(trial: Trial): number {
  return trial.lists(pkcs11.CKM_AES_KEY_GEN) ? pkcs11.CKM_AES_KEY_GEN : pkcs11.CKM_GENERIC_SECRET_KEY_GEN
}

/** What was done, or the return value that refused it. */
function refusalOf<T>(work: () => T): { readonly result: T; readonly ckr?: undefined } | { readonly result?: undefined; readonly ckr: number } {
  try {
    return { result: work() }
  } catch (error) {
    const value = ckrOf(error)
    if (value === undefined) throw error
    return { ckr: value }
  }
}

function given(codes: readonly (number | undefined)[]): { ckr?: number } {
  const code = codes.find((value) => value !== undefined)
  return code === undefined ? {} : { ckr: code }
}
