import type pkcs11 from 'pkcs11js'
import { checkOf, isCheckId, type CheckId } from '#core/tokens/checks.ts'
import { ckr } from '../../ckr.ts'
import type { Verdict } from '../../protocol.ts'
import { Refused, ckrOf } from '../refusal.ts'
import type { OpenToken } from '../token.ts'
import { aesCbc, aesCbcPad, aesGcm } from './encryption.ts'
import { ecdh, ecdsa, ed25519 } from './curves.ts'
import { copySealed, importHistory, readPrivate, readSecret, unsealSealed } from './enforcement.ts'
import { cmac, hmac } from './macs.ts'
import { generateSealed, importSealed, origin, random } from './making.ts'
import { oaepDecrypt, pkcs1, pss, rsaPair } from './rsa.ts'
import { NotThere, Trial, WrongAnswer, type Finding, type PairShelf } from './trial.ts'
import { oaepUnwrap, unwrapSealed, wrap, wrapSealed } from './wrapping.ts'

type Work = (trial: Trial, sizes: readonly number[]) => Finding | undefined

/** How each check is done. Returning means `works`. */
const works: { readonly [Id in CheckId]: Work } = {
  'generate-aes-256': generateSealed('aes'),
  'generate-hmac-256': generateSealed('generic'),
  import: importSealed,
  origin,
  random,
  'aes-gcm': aesGcm,
  'aes-cbc': aesCbc,
  'aes-cbc-pad': aesCbcPad,
  'hmac-sha-224': hmac('sha224'),
  'hmac-sha-256': hmac('sha256'),
  'hmac-sha-384': hmac('sha384'),
  'hmac-sha-512': hmac('sha512'),
  'aes-cmac': cmac,
  'rsa-2048': rsaPair(2048),
  'rsa-3072': rsaPair(3072),
  'rsa-4096': rsaPair(4096),
  'rsa-pkcs1': pkcs1,
  'rsa-pss-sha-256': pss('sha256'),
  'rsa-pss-sha-384': pss('sha384'),
  'rsa-pss-sha-512': pss('sha512'),
  'rsa-oaep-sha-1': oaepDecrypt('sha1'),
  'rsa-oaep-sha-256': oaepDecrypt('sha256'),
  'ecdsa-p256': ecdsa('P-256'),
  'ecdsa-p384': ecdsa('P-384'),
  'ecdsa-p521': ecdsa('P-521'),
  'ecdsa-secp256k1': ecdsa('secp256k1'),
  ed25519,
  'ecdh-p256': ecdh('P-256'),
  'ecdh-p384': ecdh('P-384'),
  'ecdh-p521': ecdh('P-521'),
  'wrap-aes-kw': wrap('wrap-aes-kw'),
  'wrap-aes-pad': wrap('wrap-aes-pad'),
  'wrap-aes-kwp': wrap('wrap-aes-kwp'),
  'wrap-cbc-pad': wrap('wrap-cbc-pad'),
  'unwrap-oaep-sha-1': oaepUnwrap('sha1'),
  'unwrap-oaep-sha-256': oaepUnwrap('sha256'),
  'read-secret': readSecret,
  'read-private': readPrivate,
  'wrap-sealed': wrapSealed,
  'copy-sealed': copySealed,
  'unseal-sealed': unsealSealed,
  'unwrap-sealed': unwrapSealed,
  'import-history': importHistory,
}

/** Return values that are no verdict on what was tried: token, session or login has gone. The owner asks again in a new process. */
const NO_VERDICT = new Set<number>([
  ckr.CKR_DEVICE_REMOVED, ckr.CKR_DEVICE_ERROR, ckr.CKR_TOKEN_NOT_PRESENT, ckr.CKR_TOKEN_NOT_RECOGNIZED, ckr.CKR_USER_NOT_LOGGED_IN,
  ckr.CKR_CRYPTOKI_NOT_INITIALIZED, ckr.CKR_SESSION_HANDLE_INVALID, ckr.CKR_SESSION_CLOSED, ckr.CKR_SESSION_COUNT, ckr.CKR_HOST_MEMORY,
])

/** The checks of one open token. */
export class Trials {
  readonly #token: OpenToken
  readonly #slot: pkcs11.Handle
  readonly #shelf: PairShelf = new Map()
  #listed: ReadonlySet<number> | undefined

  constructor(token: OpenToken, slot: pkcs11.Handle) {
    this.#token = token
    this.#slot = slot
  }

  /** Refuses with the return value where that is no verdict. */
  run(id: CheckId): Verdict {
    if (!isCheckId(id)) throw new Refused({ kind: 'fault', text: 'no such check' })
    const { mechanism, sizes } = checkOf(id)
    this.#listed ??= new Set(this.#token.functions.C_GetMechanismList(this.#slot))
    if (mechanism !== undefined && !this.#listed.has(mechanism)) return verdict('absent')
    const trial = new Trial(this.#token, this.#listed, this.#shelf)
    try {
      const finding = works[id](trial, sizes ?? [])
      return verdict('works', { ...finding, microseconds: trial.microseconds })
    } catch (error) {
      return failed(error)
    } finally {
      trial.finish()
    }
  }
}

function failed(error: unknown): Verdict {
  if (error instanceof WrongAnswer) return verdict('wrong', { detail: error.message })
  if (error instanceof NotThere) return verdict('absent', { detail: error.message })
  // Node's own refusal of what the token gave: a point that is on no curve, a modulus of zeros.
  const { code } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && code.startsWith('ERR_')) return verdict('wrong', { detail: `what the token gives makes no sense outside it (${code})` })
  const value = ckrOf(error)
  if (value === undefined || NO_VERDICT.has(value)) throw error
  return verdict('refused', { ckr: value })
}

function verdict(outcome: Verdict['outcome'], more: Partial<Omit<Verdict, 'outcome'>> = {}): Verdict {
  return { outcome, ckr: more.ckr, detail: more.detail, microseconds: more.microseconds }
}
