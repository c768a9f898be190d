import { createHmac, randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { checks } from '#core/tokens/checks.ts'
import type { WrapCheck } from '#core/tokens/details.ts'
import { ckr } from '../../ckr.ts'
import { ckrOf } from '../refusal.ts'
import { KEY_LENGTH } from '../templates.ts'
import { tokenHmac } from './macs.ts'
import { sealedKey } from './making.ts'
import { oaepEncrypt, oaepMechanism, rsaKeys, type OaepHash } from './rsa.ts'
import { NotThere, WrongAnswer, flipped, must, type Finding, type Trial } from './trial.ts'
import { secretTemplate, type SecretWish } from './wishes.ts'

const BLOCK = 16
const CKM_AES_KEY_WRAP_KWP = 0x210b

interface Wrap {
  readonly mechanism: () => pkcs11.Mechanism
  /** Whether the format tells a changed key. */
  readonly authentic: boolean
}

const wraps = {
  'wrap-aes-kw': { mechanism: () => ({ mechanism: pkcs11.CKM_AES_KEY_WRAP }), authentic: true },
  'wrap-aes-pad': { mechanism: () => ({ mechanism: pkcs11.CKM_AES_KEY_WRAP_PAD }), authentic: true },
  'wrap-aes-kwp': { mechanism: () => ({ mechanism: CKM_AES_KEY_WRAP_KWP }), authentic: true },
  'wrap-cbc-pad': { mechanism: () => ({ mechanism: pkcs11.CKM_AES_CBC_PAD, parameter: Buffer.alloc(BLOCK, 0x5a) }), authentic: false },
} as const satisfies Record<WrapCheck, Wrap>

/**
 * The keys that travel are HMAC keys: whether one came back as the same is told by a MAC, on nearly every token.
 * Modifiable, because SoftHSM refuses to unwrap a key that is not (CKR_ATTRIBUTE_READ_ONLY: it makes the object before it has the value).
 */
const travelling = { keyType: 'generic', uses: ['sign', 'verify'], modifiable: true } as const
const message = Buffer.from('holdfast/trial/v1', 'ascii')

/** `detail` is the length of a wrapped 32-byte key, which tells the format (core/tokens/details.ts). */
export function wrap(id: WrapCheck) {
  const { mechanism, authentic } = wraps[id]
  return (trial: Trial): Finding => {
    const wrapping = wrappingKey(trial)
    const key = trial.generate(pkcs11.CKM_GENERIC_SECRET_KEY_GEN, { ...travelling, kept: 'wrappable', length: KEY_LENGTH })
    const wrapped = trial.timed((session) => wrapOut(trial, session, mechanism(), wrapping, key))
    const unwrap = (bytes: Buffer): pkcs11.Handle =>
      trial.keep(trial.functions.C_UnwrapKey(trial.token.keeper, mechanism(), wrapping, bytes, secretTemplate({ ...travelling, kept: 'sealed' })))
    must(tokenHmac(trial, unwrap(wrapped), message).equals(tokenHmac(trial, key, message)), 'another key came back than was wrapped')
    if (authentic) must(trial.answered(() => unwrap(flipped(wrapped, 9))) === undefined, 'a changed wrapped key was accepted')
    return { detail: String(wrapped.length) }
  }
}

export function oaepUnwrap(hash: OaepHash) {
  return (trial: Trial): undefined => {
    const { privateKey, outside } = rsaKeys(trial, 'unwrap')
    const value = randomBytes(KEY_LENGTH)
    const template = secretTemplate({ ...travelling, kept: 'sealed' })
    const wrapped = oaepEncrypt(outside, hash, value)
    const key = trial.keep(trial.timed(() => trial.functions.C_UnwrapKey(trial.token.keeper, oaepMechanism(hash), privateKey, wrapped, template)))
    must(tokenHmac(trial, key, message).equals(createHmac('sha256', value).update(message).digest()), 'another key arrived than was wrapped')
  }
}

/** Every mechanism that the token lists is tried on a key that must not be wrapped. Only CKR_KEY_UNEXTRACTABLE is a refusal of that. */
export function wrapSealed(trial: Trial): Finding {
  const key = sealedKey(trial)
  const ways = waysToWrap(trial)
  if (ways.length === 0) throw new NotThere('no wrapping mechanism')
  let other: unknown
  let refused = false
  for (const { name, mechanism, wrapping } of ways) {
    try {
      const wrapped = trial.timed((session) => wrapOut(trial, session, mechanism, wrapping(), key))
      throw new WrongAnswer(`${name} wrapped it, into ${wrapped.length} bytes`)
    } catch (error) {
      const value = ckrOf(error)
      if (value === undefined) throw error
      if (value === ckr.CKR_KEY_UNEXTRACTABLE) refused = true
      else other = error
    }
  }
  if (!refused) throw other
  return { ckr: ckr.CKR_KEY_UNEXTRACTABLE }
}

/** openCryptoki's keys arrive readable, whatever the template says. */
export function unwrapSealed(trial: Trial): Finding {
  const template = secretTemplate({ ...travelling, kept: 'sealed' })
  let refused: unknown = new NotThere('nothing unwraps')
  for (const { name, bring } of waysIn(trial)) {
    try {
      const { mechanism, unwrapping, wrapped } = bring()
      const key = trial.keep(trial.timed(() => trial.functions.C_UnwrapKey(trial.token.keeper, mechanism, unwrapping, wrapped, template)))
      must(trial.flag(key, pkcs11.CKA_SENSITIVE) === true, 'the key arrived not sensitive')
      must(trial.flag(key, pkcs11.CKA_EXTRACTABLE) === false, 'the key arrived extractable')
      must(trial.flag(key, pkcs11.CKA_NEVER_EXTRACTABLE) !== true, 'the key claims that it was never outside')
      return { detail: `read back equal, by ${name}` }
    } catch (error) {
      if (ckrOf(error) === undefined) throw error
      refused = error
    }
  }
  throw refused
}

interface WayOut {
  readonly name: string
  readonly mechanism: pkcs11.Mechanism
  readonly wrapping: () => pkcs11.Handle
}

function waysToWrap(trial: Trial): WayOut[] {
  let aes: pkcs11.Handle | undefined
  const withAes = (): pkcs11.Handle => (aes ??= wrappingKey(trial))
  const withRsa = (): pkcs11.Handle => rsaKeys(trial, 'unwrap').publicKey
  const iv = Buffer.alloc(BLOCK)
  const all: WayOut[] = [
    { name: 'CKM_AES_KEY_WRAP', mechanism: { mechanism: pkcs11.CKM_AES_KEY_WRAP }, wrapping: withAes },
    { name: 'CKM_AES_KEY_WRAP_PAD', mechanism: { mechanism: pkcs11.CKM_AES_KEY_WRAP_PAD }, wrapping: withAes },
    { name: 'CKM_AES_KEY_WRAP_KWP', mechanism: { mechanism: CKM_AES_KEY_WRAP_KWP }, wrapping: withAes },
    { name: 'CKM_AES_CBC_PAD', mechanism: { mechanism: pkcs11.CKM_AES_CBC_PAD, parameter: iv }, wrapping: withAes },
    { name: 'CKM_AES_CBC', mechanism: { mechanism: pkcs11.CKM_AES_CBC, parameter: iv }, wrapping: withAes },
    { name: 'CKM_AES_ECB', mechanism: { mechanism: pkcs11.CKM_AES_ECB }, wrapping: withAes },
    { name: 'CKM_RSA_PKCS_OAEP', mechanism: oaepMechanism('sha1'), wrapping: withRsa },
    { name: 'CKM_RSA_PKCS', mechanism: { mechanism: pkcs11.CKM_RSA_PKCS }, wrapping: withRsa },
  ]
  return all.filter(({ mechanism }) => trial.lists(mechanism.mechanism))
}

interface WayIn {
  readonly name: string
  readonly bring: () => { mechanism: pkcs11.Mechanism; unwrapping: pkcs11.Handle; wrapped: Buffer }
}

/** Ways to have something wrapped that this token unwraps: a value from the host by RSA-OAEP, a key of its own. */
function waysIn(trial: Trial): WayIn[] {
  const own = (['wrap-aes-kw', 'wrap-aes-pad', 'wrap-cbc-pad'] as const).map((id) => {
    const mechanism: pkcs11.Mechanism = wraps[id].mechanism()
    return { name: checks[id].via, needs: [mechanism.mechanism], bring: () => broughtByItself(trial, mechanism) }
  })
  const oaep = {
    name: checks['unwrap-oaep-sha-1'].via,
    needs: [pkcs11.CKM_RSA_PKCS_OAEP, pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN],
    bring() {
      const { privateKey, outside } = rsaKeys(trial, 'unwrap')
      return { mechanism: oaepMechanism('sha1'), unwrapping: privateKey, wrapped: oaepEncrypt(outside, 'sha1', randomBytes(KEY_LENGTH)) }
    },
  }
  return [oaep, ...own].filter(({ needs }) => needs.every((mechanism) => trial.lists(mechanism)))
}

function broughtByItself(trial: Trial, mechanism: pkcs11.Mechanism): ReturnType<WayIn['bring']> {
  const unwrapping = wrappingKey(trial)
  const key = trial.generate(pkcs11.CKM_GENERIC_SECRET_KEY_GEN, { ...travelling, kept: 'wrappable', length: KEY_LENGTH })
  return { mechanism, unwrapping, wrapped: trial.attempt((session) => wrapOut(trial, session, mechanism, unwrapping, key)) }
}

function wrappingKey(trial: Trial): pkcs11.Handle {
  const wish: SecretWish = { keyType: 'aes', kept: 'sealed', uses: ['wrap', 'unwrap'] }
  return trial.generate(pkcs11.CKM_AES_KEY_GEN, { ...wish, length: KEY_LENGTH })
}

function wrapOut(trial: Trial, session: pkcs11.Handle, mechanism: pkcs11.Mechanism, wrapping: pkcs11.Handle, key: pkcs11.Handle): Buffer {
  return Buffer.from(trial.functions.C_WrapKey(session, mechanism, wrapping, key, Buffer.alloc(512)))
}
