import { randomBytes } from 'node:crypto'
import type pkcs11 from 'pkcs11js'
import type { HmacKind } from '#core/ports/hsm.ts'
import { ckr } from '../ckr.ts'
import { asBuffer } from './bytes.ts'
import { DataRefused, TAG_LENGTH, gcmDecrypt, gcmEncrypt } from './gcm.ts'
import { Refused, ckrOf } from './refusal.ts'
import { sessionKey } from './session-key.ts'
import { kinds } from './templates.ts'
import type { OpenToken } from './token.ts'

export interface Sealed {
  readonly iv: Buffer
  readonly sealed: Buffer
}

/** The cryptographic calls on one token, and what was learnt about it on the way. */
export class Sealing {
  readonly #token: OpenToken
  /** The token refuses a given IV and makes its own (AWS CloudHSM): learnt from the first refusal. */
  #makesIvs = false
  #probe: { key: pkcs11.Handle; iv: Buffer; sealed: Buffer } | undefined

  constructor(token: OpenToken) {
    this.#token = token
  }

  encrypt(ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed {
    const seal = (session: pkcs11.Handle, key: pkcs11.Handle) => this.#seal(session, key, iv, aad, plaintext)
    try {
      return this.#token.withKey(ckaId, seal)
    } catch (error) {
      const value = ckrOf(error)
      const aboutTheIv = value === ckr.CKR_MECHANISM_PARAM_INVALID || value === ckr.CKR_ARGUMENTS_BAD
      if (this.#makesIvs || !aboutTheIv || !makesIvs(this.#token)) throw error
      this.#makesIvs = true
      return this.#token.withKey(ckaId, seal)
    }
  }

  encryptRandom(ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, length: number): Sealed & { readonly plaintext: Buffer } {
    const plaintext = this.random(length)
    try {
      return { ...this.encrypt(ckaId, iv, aad, plaintext), plaintext }
    } catch (error) {
      plaintext.fill(0)
      throw error
    }
  }

  /** Undefined if the token refuses the data. Where it may as well be failing, it is asked for something that must succeed. */
  decrypt(ckaId: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer | undefined {
    if (sealed.length < TAG_LENGTH) return undefined
    try {
      return this.#token.withKey(ckaId, (session, key) => gcmDecrypt(this.#token.functions, session, key, iv, aad, sealed))
    } catch (error) {
      if (!(error instanceof DataRefused)) throw error
      if (error.certain || this.#stillDecrypts()) return undefined
      throw error.cause
    }
  }

  /** The HMAC of a kind: as long as its hash, and so as its key. */
  mac(ckaId: Uint8Array, data: Uint8Array, kind: HmacKind): Buffer {
    const { check: mechanism, length } = kinds[kind]
    return this.#token.withKey(ckaId, (session, key) => {
      this.#token.functions.C_SignInit(session, { mechanism }, key)
      const mac = this.#token.functions.C_Sign(session, asBuffer(data), Buffer.alloc(length))
      if (mac.length !== length) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
      return mac
    })
  }

  random(length: number): Buffer {
    return this.#token.repeatable((session) => this.#token.functions.C_GenerateRandom(session, Buffer.alloc(length)))
  }

  #seal(session: pkcs11.Handle, key: pkcs11.Handle, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed {
    const used = Buffer.alloc(iv.length)
    if (!this.#makesIvs) used.set(iv)
    const sealed = gcmEncrypt(this.#token.functions, session, key, used, aad, plaintext)
    // Two messages under one key and an IV of zeros would give the key away: such a result never leaves this process.
    if (this.#makesIvs && used.every((byte) => byte === 0)) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
    return { iv: used, sealed }
  }

  /** Decrypts a known message under a session key, once more with a new one if the first has gone. */
  #stillDecrypts(): boolean {
    const known = this.#probe !== undefined
    try {
      const { key, iv, sealed } = (this.#probe ??= this.#newProbe())
      const opened = this.#token.attempt((session) => gcmDecrypt(this.#token.functions, session, key, iv, PROBE, sealed))
      return opened.equals(PROBE)
    } catch (error) {
      this.#probe = undefined
      if (!(error instanceof DataRefused) && ckrOf(error) === undefined) throw error
      return known ? this.#stillDecrypts() : false
    }
  }

  #newProbe(): { key: pkcs11.Handle; iv: Buffer; sealed: Buffer } {
    const key = sessionKey(this.#token, 'aes-256')
    return { key, ...this.#token.attempt((session) => this.#seal(session, key, randomBytes(12), PROBE, PROBE)) }
  }
}

const PROBE = Buffer.from('holdfast/probe/v1', 'ascii')

/**
 * Does the token put an IV of its own into a buffer of zeros? Asked with a key that serves nothing else: a token that took the zeros
 * as the IV must not do so with a real key.
 */
function makesIvs(token: OpenToken): boolean {
  const key = sessionKey(token, 'aes-256')
  try {
    const iv = Buffer.alloc(12)
    token.attempt((session) => gcmEncrypt(token.functions, session, key, iv, PROBE, PROBE))
    return iv.some((byte) => byte !== 0)
  } catch (error) {
    if (ckrOf(error) === undefined) throw error
    return false
  } finally {
    token.functions.C_DestroyObject(token.keeper, key)
  }
}
