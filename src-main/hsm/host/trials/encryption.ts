import { createCipheriv, randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { ckr } from '../../ckr.ts'
import { asBuffer } from '../bytes.ts'
import { DataRefused, TAG_LENGTH, gcmDecrypt, gcmMechanism } from '../gcm.ts'
import { ckrOf } from '../refusal.ts'
import { KEY_LENGTH } from '../templates.ts'
import { WrongAnswer, flipped, must, type Finding, type Trial } from './trial.ts'
import type { SecretWish } from './wishes.ts'

const IV_LENGTH = 12
const BLOCK = 16
const wish = { keyType: 'aes', kept: 'sealed', uses: ['encrypt', 'decrypt'] } as const satisfies SecretWish

interface GcmMessage {
  readonly iv: Buffer
  readonly aad: Buffer
  readonly sealed: Buffer
}

/** Every length there and back; nothing forged opens. `detail` is where the IV came from: a word of GcmIvMode. */
export function aesGcm(trial: Trial, sizes: readonly number[]): Finding {
  const key = trial.generate(pkcs11.CKM_AES_KEY_GEN, { ...wish, length: KEY_LENGTH })
  const value = randomBytes(KEY_LENGTH)
  const known = trial.importIfPossible(value, wish)
  const offered = offeredIv(trial, key)
  const modes = new Set<string>()
  for (const size of sizes) {
    const plaintext = randomBytes(size)
    const { mode, ...message } = seal(trial, key, offered(), plaintext)
    modes.add(mode)
    mustOpenOnlyAsMade(trial, key, plaintext, message)
    if (known !== undefined) mustBeGcm(value, plaintext, seal(trial, known, offered(), plaintext))
  }
  const [mode, other] = [...modes]
  must(mode !== undefined && other === undefined, 'the IV comes now from the host, now from the token')
  return { detail: mode ?? '' }
}

/** Random IVs, or zeros for a token that refuses an IV and fills in its own (AWS CloudHSM). */
function offeredIv(trial: Trial, key: pkcs11.Handle): () => Buffer {
  try {
    seal(trial, key, randomBytes(IV_LENGTH), randomBytes(BLOCK))
    return () => randomBytes(IV_LENGTH)
  } catch (error) {
    const value = ckrOf(error)
    if (value !== ckr.CKR_MECHANISM_PARAM_INVALID && value !== ckr.CKR_ARGUMENTS_BAD) throw error
    return () => Buffer.alloc(IV_LENGTH)
  }
}

function seal(trial: Trial, key: pkcs11.Handle, iv: Buffer, plaintext: Buffer): GcmMessage & { mode: string } {
  const aad = randomBytes(32)
  const given = Buffer.from(iv)
  // Room for an IV behind the tag: Luna appends 12 or 16 bytes in FIPS mode.
  const output = trial.timed((session) => {
    trial.functions.C_EncryptInit(session, gcmMechanism(iv, aad), key)
    return trial.functions.C_Encrypt(session, asBuffer(plaintext), Buffer.alloc(plaintext.length + TAG_LENGTH + BLOCK))
  })
  const length = plaintext.length + TAG_LENGTH
  const sealed = Buffer.from(output.subarray(0, length))
  const behind = Buffer.from(output.subarray(length))
  if (behind.length === IV_LENGTH || behind.length === BLOCK) return { mode: 'appended', iv: behind, aad, sealed }
  must(output.length === length, `a ciphertext of ${output.length} bytes for ${plaintext.length}`)
  must(iv.some((byte) => byte !== 0), 'an IV of zeros was used as it is')
  return { mode: iv.equals(given) ? 'host-iv' : 'token-iv', iv, aad, sealed }
}

function mustOpenOnlyAsMade(trial: Trial, key: pkcs11.Handle, plaintext: Buffer, made: GcmMessage): void {
  const opened = (changed: Partial<GcmMessage>): Buffer | undefined => {
    const { iv, aad, sealed } = { ...made, ...changed }
    try {
      return trial.attempt((session) => gcmDecrypt(trial.functions, session, key, iv, aad, sealed))
    } catch (error) {
      if (error instanceof DataRefused) return undefined
      throw error
    }
  }
  const opens = (): boolean => opened({})?.equals(plaintext) === true
  must(opens(), `what was encrypted is not decrypted, at ${plaintext.length} bytes`)
  must(opened({ aad: flipped(made.aad, 0) }) === undefined, 'another AAD was accepted')
  must(opened({ iv: flipped(made.iv, 0) }) === undefined, 'another IV was accepted')
  must(opened({ sealed: flipped(made.sealed, made.sealed.length - 1) }) === undefined, 'a changed tag was accepted')
  must(opened({ sealed: flipped(made.sealed, 0) }) === undefined, 'a changed ciphertext was accepted')
  must(opened({ sealed: made.sealed.subarray(0, -1) }) === undefined, 'a cut ciphertext was accepted')
  must(opens(), 'after a refusal nothing is decrypted any more')
}

/** NIST SP 800-38D by the host's own cryptography. */
function mustBeGcm(value: Buffer, plaintext: Buffer, made: GcmMessage): void {
  const cipher = createCipheriv('aes-256-gcm', value, made.iv)
  cipher.setAAD(made.aad)
  const wanted = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  must(wanted.equals(made.sealed), 'the ciphertext is not AES-GCM under this key, IV and AAD')
}

export function aesCbc(trial: Trial, sizes: readonly number[]): undefined {
  cbc(trial, sizes, pkcs11.CKM_AES_CBC, 'unpadded')
}

export function aesCbcPad(trial: Trial, sizes: readonly number[]): undefined {
  cbc(trial, sizes, pkcs11.CKM_AES_CBC_PAD, 'padded')
}

function cbc(trial: Trial, sizes: readonly number[], mechanism: number, padding: 'padded' | 'unpadded'): void {
  const key = trial.generate(pkcs11.CKM_AES_KEY_GEN, { ...wish, length: KEY_LENGTH })
  const value = randomBytes(KEY_LENGTH)
  const known = trial.importIfPossible(value, wish)
  for (const size of sizes) {
    const plaintext = randomBytes(size)
    const iv = randomBytes(BLOCK)
    const encrypted = (handle: pkcs11.Handle): Buffer =>
      trial.timed((session) => {
        trial.functions.C_EncryptInit(session, { mechanism, parameter: iv }, handle)
        return Buffer.from(trial.functions.C_Encrypt(session, plaintext, Buffer.alloc(size + BLOCK)))
      })
    const sealed = encrypted(key)
    const opened = trial.attempt((session) => {
      trial.functions.C_DecryptInit(session, { mechanism, parameter: iv }, key)
      return trial.functions.C_Decrypt(session, sealed, Buffer.alloc(sealed.length))
    })
    if (!opened.equals(plaintext)) throw new WrongAnswer(`what was encrypted is not decrypted, at ${size} bytes`)
    if (known === undefined) continue
    const cipher = createCipheriv('aes-256-cbc', value, iv).setAutoPadding(padding === 'padded')
    must(Buffer.concat([cipher.update(plaintext), cipher.final()]).equals(encrypted(known)), 'the ciphertext is not AES-CBC under this key and IV')
  }
}
