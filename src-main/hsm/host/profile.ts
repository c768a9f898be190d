import { createHmac, randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { ckr } from '../ckr.ts'
import { DataRefused, TAG_LENGTH, gcmDecrypt, gcmEncrypt } from './gcm.ts'
import { ckrOf } from './refusal.ts'
import { hmacSha256 } from './sealing.ts'
import { sessionKey } from './session-key.ts'
import { KEY_LENGTH, asked, templateOf } from './templates.ts'
import type { OpenToken } from './token.ts'

/** Around the block length, a data key's, and the longest message of Encrypt. */
const SIZES = [1, 15, 16, 17, 32, 4096]

/** Listed is not working: every size goes there and back, and every change of AAD or tag is refused. Nothing stays on the token. */
export function gcmWorks(token: OpenToken): boolean {
  return verdict(() =>
    withSessionKey(token, 'aes-256', (key) => {
      const ivOf = ivSource(token, key)
      return SIZES.every((size) => gcmRoundTrip(token, key, ivOf(), randomBytes(size), randomBytes(32)))
    }),
  )
}

/** Equal to node:crypto under a known key where the token lets one in; else stable, and different under another key. */
export function hmacWorks(token: OpenToken): boolean {
  return verdict(() =>
    withSessionKey(token, 'hmac-256', (key) =>
      withSessionKey(token, 'hmac-256', (other) =>
        withKnownKey(token, (known) =>
          [0, 1, 64, 4096].every((size) => {
            const data = randomBytes(size)
            const mac = (handle: pkcs11.Handle) => token.attempt((session) => hmacSha256(token, session, handle, data))
            const first = mac(key)
            if (!first.equals(mac(key)) || first.equals(mac(other))) return false
            return known === undefined || mac(known.handle).equals(createHmac('sha256', known.value).update(data).digest())
          }),
        ),
      ),
    ),
  )
}

function gcmRoundTrip(token: OpenToken, key: pkcs11.Handle, iv: Buffer, plaintext: Buffer, aad: Buffer): boolean {
  const sealed = token.attempt((session) => gcmEncrypt(token.functions, session, key, iv, aad, plaintext))
  if (plaintext.length >= TAG_LENGTH && sealed.includes(plaintext)) return false
  if (iv.every((byte) => byte === 0)) return false
  const opens = (given: { aad?: Buffer; sealed?: Buffer }) => {
    try {
      return token
        .attempt((session) => gcmDecrypt(token.functions, session, key, iv, given.aad ?? aad, given.sealed ?? sealed))
        .equals(plaintext)
    } catch (error) {
      if (error instanceof DataRefused) return false
      throw error
    }
  }
  return opens({}) && !opens({ aad: flipped(aad, 0) }) && !opens({ sealed: flipped(sealed, sealed.length - 1) }) && opens({})
}

/** New random IVs, or buffers of zeros for a token that refuses an IV and fills in its own. */
function ivSource(token: OpenToken, key: pkcs11.Handle): () => Buffer {
  const given = () => randomBytes(12)
  try {
    token.attempt((session) => gcmEncrypt(token.functions, session, key, given(), TRIAL, TRIAL))
    return given
  } catch (error) {
    const value = ckrOf(error)
    if (value !== ckr.CKR_MECHANISM_PARAM_INVALID && value !== ckr.CKR_ARGUMENTS_BAD) throw error
    return () => Buffer.alloc(12)
  }
}

const TRIAL = Buffer.from('holdfast/trial/v1', 'ascii')

/** Work with a key whose value we know; undefined where the token lets no key in. */
function withKnownKey<T>(token: OpenToken, work: (known: { handle: pkcs11.Handle; value: Buffer } | undefined) => T): T {
  const value = randomBytes(KEY_LENGTH)
  const handle = imported(token, value)
  if (handle === undefined) return work(undefined)
  try {
    return work({ handle, value })
  } finally {
    token.functions.C_DestroyObject(token.keeper, handle)
  }
}

function imported(token: OpenToken, value: Buffer): pkcs11.Handle | undefined {
  const rows = asked('hmac-256', 'session').filter(({ name }) => name !== 'CKA_VALUE_LEN')
  try {
    return token.functions.C_CreateObject(token.keeper, templateOf(rows, [{ type: pkcs11.CKA_VALUE, value }]))
  } catch (error) {
    if (ckrOf(error) === undefined) throw error
    return undefined
  }
}

/** Return values that are no verdict on a mechanism: the token or the login is gone. */
const NO_VERDICT = new Set<number>([
  ckr.CKR_DEVICE_REMOVED, ckr.CKR_TOKEN_NOT_PRESENT, ckr.CKR_USER_NOT_LOGGED_IN, ckr.CKR_CRYPTOKI_NOT_INITIALIZED,
  ckr.CKR_SESSION_HANDLE_INVALID, ckr.CKR_SESSION_CLOSED, ckr.CKR_SESSION_COUNT, ckr.CKR_HOST_MEMORY,
])

function verdict(tried: () => boolean): boolean {
  try {
    return tried()
  } catch (error) {
    if (error instanceof DataRefused) return false
    const value = ckrOf(error)
    if (value === undefined || NO_VERDICT.has(value)) throw error
    return false
  }
}

function withSessionKey<T>(token: OpenToken, kind: 'aes-256' | 'hmac-256', work: (key: pkcs11.Handle) => T): T {
  const key = sessionKey(token, kind)
  try {
    return work(key)
  } finally {
    token.functions.C_DestroyObject(token.keeper, key)
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
