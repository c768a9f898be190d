import { constants, createPublicKey, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { rsaNumbers } from '#core/keys/public-keys.ts'
import type { OaepScheme, SignatureScheme } from '#core/ports/hsm.ts'
import { ckr } from '../ckr.ts'
import { asBuffer, taken } from './bytes.ts'
import { findKey } from './keys.ts'
import { oaepUnpad } from './oaep.ts'
import { Refused, ckrOf } from './refusal.ts'
import type { OpenToken } from './token.ts'

const CKM_EDDSA = 0x1057
const CKZ_DATA_SPECIFIED = 1
/** Bytes of the longest signature: RSA 4096. */
const LONGEST = 512

function pss(hashAlg: number, mgf: number, saltLen: number): pkcs11.Mechanism {
  const parameter: pkcs11.RsaPSS = { type: pkcs11.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen }
  return { mechanism: pkcs11.CKM_RSA_PKCS_PSS, parameter }
}

const signing: Readonly<Record<SignatureScheme, pkcs11.Mechanism>> = {
  ecdsa: { mechanism: pkcs11.CKM_ECDSA },
  eddsa: { mechanism: CKM_EDDSA },
  'rsa-pkcs1': { mechanism: pkcs11.CKM_RSA_PKCS },
  'rsa-pss-sha-256': pss(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, 32),
  'rsa-pss-sha-384': pss(pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384, 48),
  'rsa-pss-sha-512': pss(pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512, 64),
}

function oaep(hashAlg: number, mgf: number): pkcs11.Mechanism {
  const parameter: pkcs11.RsaOAEP = { type: pkcs11.CK_PARAMS_RSA_OAEP, hashAlg, mgf, source: CKZ_DATA_SPECIFIED }
  return { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter }
}

const opening: Readonly<Record<OaepScheme, { readonly mechanism: pkcs11.Mechanism; readonly hash: string }>> = {
  'oaep-sha-1': { mechanism: oaep(pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1), hash: 'sha1' },
  'oaep-sha-256': { mechanism: oaep(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256), hash: 'sha256' },
}

/** CKM_RSA_PKCS_OAEP of a scheme. */
export function oaepMechanism(scheme: OaepScheme): pkcs11.Mechanism {
  return opening[scheme].mechanism
}

/** Return values of C_DecryptInit that say "not with these parameters". */
const NOT_WITH_THESE = new Set<number>([ckr.CKR_ARGUMENTS_BAD, ckr.CKR_MECHANISM_PARAM_INVALID, ckr.CKR_MECHANISM_INVALID])

/** The calls with private keys of one token, and what was learnt about it on the way. */
export class PrivateKeys {
  readonly #token: OpenToken
  /** The token has OAEP with SHA-1 only (SoftHSM): learnt from the first refusal. */
  #unpadsHere = false
  /** Public keys and the length of their modulus in bytes, by CKA_ID in hex. */
  readonly #publicKeys = new Map<string, { key: KeyObject; modulus: Buffer }>()

  constructor(token: OpenToken) {
    this.#token = token
  }

  sign(ckaId: Uint8Array, scheme: SignatureScheme, data: Uint8Array): Buffer {
    return this.#token.withKey(ckaId, (session, key) => {
      this.#token.functions.C_SignInit(session, signing[scheme], key)
      const room = Buffer.alloc(LONGEST)
      return taken(room, this.#token.functions.C_Sign(session, asBuffer(data), room).length)
    })
  }

  /** Undefined if the ciphertext is none under this key. */
  rsaDecrypt(ckaId: Uint8Array, scheme: OaepScheme, ciphertext: Uint8Array): Buffer | undefined {
    const { key, modulus } = this.#publicKey(ckaId)
    const block = asBuffer(ciphertext)
    // Neither is a secret: length and order are seen in the ciphertext itself.
    if (block.length !== modulus.length || Buffer.compare(block, modulus) >= 0) return undefined
    return scheme === 'oaep-sha-256' ? this.#openSha256(ckaId, key, block) : this.#open(ckaId, key, scheme, block)
  }

  derive(ckaId: Uint8Array, point: Uint8Array): Buffer {
    const length = (point.length - 1) / 2
    const { functions } = this.#token
    const parameter: pkcs11.ECDH1 = { type: pkcs11.CK_PARAMS_EC_DH, kdf: pkcs11.CKD_NULL, publicData: asBuffer(point) }
    return this.#token.withKey(ckaId, (session, key) => {
      const secret = functions.C_DeriveKey(session, { mechanism: pkcs11.CKM_ECDH1_DERIVE, parameter }, key, sharedSecret(length))
      try {
        const value = functions.C_GetAttributeValue(session, secret, [{ type: pkcs11.CKA_VALUE }])[0]?.value
        if (!Buffer.isBuffer(value) || value.length !== length) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
        return taken(value, length)
      } finally {
        functions.C_DestroyObject(session, secret)
      }
    })
  }

  #openSha256(ckaId: Uint8Array, key: KeyObject, block: Buffer): Buffer | undefined {
    if (!this.#unpadsHere) {
      try {
        return this.#open(ckaId, key, 'oaep-sha-256', block)
      } catch (error) {
        const value = ckrOf(error)
        if (value === undefined || !NOT_WITH_THESE.has(value)) throw error
        this.#unpadsHere = true
      }
    }
    return oaepUnpad(this.#raw(ckaId, block))
  }

  /** In the token. Its refusals do not tell a wrong ciphertext from a failing token, so after one it must open a message that is right. */
  #open(ckaId: Uint8Array, key: KeyObject, scheme: OaepScheme, block: Buffer): Buffer | undefined {
    try {
      return this.#inToken(ckaId, opening[scheme].mechanism, block)
    } catch (error) {
      const value = ckrOf(error)
      if (value === undefined || NOT_WITH_THESE.has(value) || !AMBIGUOUS.has(value)) throw error
      const known = randomBytes(16)
      const right = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: opening[scheme].hash }, known)
      if (this.#inToken(ckaId, opening[scheme].mechanism, right).equals(known)) return undefined
      throw error
    }
  }

  /** CKM_RSA_X_509: as long as the modulus. */
  #raw(ckaId: Uint8Array, block: Buffer): Buffer {
    const opened = this.#inToken(ckaId, { mechanism: pkcs11.CKM_RSA_X_509 }, block)
    if (opened.length === block.length) return opened
    // A token that leaves leading zeros away.
    const whole = Buffer.alloc(block.length)
    opened.copy(whole, block.length - opened.length)
    opened.fill(0)
    return whole
  }

  #inToken(ckaId: Uint8Array, mechanism: pkcs11.Mechanism, block: Buffer): Buffer {
    return this.#token.withKey(ckaId, (session, handle) => {
      this.#token.functions.C_DecryptInit(session, mechanism, handle)
      const room = Buffer.alloc(block.length)
      return taken(room, this.#token.functions.C_Decrypt(session, block, room).length)
    })
  }

  #publicKey(ckaId: Uint8Array): { key: KeyObject; modulus: Buffer } {
    const name = asBuffer(ckaId).toString('hex')
    const known = this.#publicKeys.get(name)
    if (known !== undefined) return known
    const info = findKey(this.#token, ckaId)?.publicKey
    const numbers = info && rsaNumbers(info)
    if (info === undefined || numbers === undefined) throw new Refused({ kind: 'noKey' })
    const made = { key: createPublicKey({ key: asBuffer(info), format: 'der', type: 'spki' }), modulus: Buffer.from(numbers.modulus) }
    this.#publicKeys.set(name, made)
    return made
  }
}

/** What C_Decrypt returns for a block that is no OAEP message, as far as tokens tell. */
const AMBIGUOUS = new Set<number>([
  ckr.CKR_ENCRYPTED_DATA_INVALID, ckr.CKR_ENCRYPTED_DATA_LEN_RANGE, ckr.CKR_DATA_INVALID, ckr.CKR_GENERAL_ERROR, ckr.CKR_FUNCTION_FAILED,
])

/** The shared secret for a moment: an open object of the session, because it is read at once. */
function sharedSecret(length: number): pkcs11.Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
    { type: pkcs11.CKA_VALUE_LEN, value: length },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: false },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
  ]
}
