import pkcs11 from 'pkcs11js'
import type { SecretKind } from '#core/ports/hsm.ts'
import { asBuffer } from './bytes.ts'

interface Kind {
  readonly keyType: number
  readonly generate: number
  /** Bytes of the key. */
  readonly length: number
  /** The mechanism of the check value, and of a MAC. */
  readonly check: number
  readonly usage: Readonly<Record<Usage, boolean>>
}

type Usage = 'CKA_ENCRYPT' | 'CKA_DECRYPT' | 'CKA_SIGN' | 'CKA_VERIFY'

/** Bytes of the keys that seal. */
export const KEY_LENGTH = 32

/** What each kind of secret key is and may do. CMAC, for the check value, counts as signing. */
export const kinds: Readonly<Record<SecretKind, Kind>> = {
  'aes-256': {
    keyType: pkcs11.CKK_AES,
    generate: pkcs11.CKM_AES_KEY_GEN,
    length: KEY_LENGTH,
    check: pkcs11.CKM_AES_CMAC,
    usage: { CKA_ENCRYPT: true, CKA_DECRYPT: true, CKA_SIGN: true, CKA_VERIFY: true },
  },
  // SoftHSM wants a key at least as long as the hash.
  'hmac-224': hmac(28, pkcs11.CKM_SHA224_HMAC),
  'hmac-256': hmac(KEY_LENGTH, pkcs11.CKM_SHA256_HMAC),
  'hmac-384': hmac(48, pkcs11.CKM_SHA384_HMAC),
  'hmac-512': hmac(64, pkcs11.CKM_SHA512_HMAC),
}

function hmac(length: number, check: number): Kind {
  const usage = { CKA_ENCRYPT: false, CKA_DECRYPT: false, CKA_SIGN: true, CKA_VERIFY: true }
  return { keyType: pkcs11.CKK_GENERIC_SECRET, generate: pkcs11.CKM_GENERIC_SECRET_KEY_GEN, length, check, usage }
}

/** One attribute as asked at creation and as it must read back. Defaults are never relied on: NSS and openCryptoki make readable keys. */
export interface Asked {
  readonly name: string
  readonly type: number
  readonly value: boolean | number
}

/** The attributes that say what a key is and may do. `session` keys serve a test and vanish with their session. */
export function asked(kind: SecretKind, lives: 'token' | 'session'): readonly Asked[] {
  return rows(kind, lives === 'token')
}

/** The template of C_GenerateKey or C_CreateObject for these rows. */
export function templateOf(rows: readonly Asked[], more: pkcs11.Template = []): pkcs11.Template {
  return [...rows.map(({ type, value }) => ({ type, value })), ...more]
}

/** CKA_ID and CKA_LABEL (UTF-8). */
export function named(ckaId: Uint8Array, label: string): pkcs11.Template {
  return [
    { type: pkcs11.CKA_ID, value: asBuffer(ckaId) },
    { type: pkcs11.CKA_LABEL, value: Buffer.from(label, 'utf8') },
  ]
}

/** Whether the bytes that a token gave are the value that was asked for. CK_ULONG is native-endian, 4 or 8 bytes wide. */
export function isValue(bytes: Buffer | undefined, value: boolean | number): boolean {
  if (bytes === undefined) return false
  if (typeof value === 'boolean') return bytes.length === 1 && (bytes[0] !== 0) === value
  return readUlong(bytes) === value
}

/** A CK_ULONG; undefined if the bytes are none, or say CK_UNAVAILABLE_INFORMATION. */
export function readUlong(bytes: Buffer | undefined): number | undefined {
  if (bytes?.length === 4) return bytes.readUInt32LE()
  if (bytes?.length !== 8) return undefined
  const value = bytes.readBigUInt64LE()
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
}

function rows(kind: SecretKind, onToken: boolean): readonly Asked[] {
  const { keyType, length, usage } = kinds[kind]
  return [
    { name: 'CKA_CLASS', type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { name: 'CKA_KEY_TYPE', type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { name: 'CKA_VALUE_LEN', type: pkcs11.CKA_VALUE_LEN, value: length },
    { name: 'CKA_TOKEN', type: pkcs11.CKA_TOKEN, value: onToken },
    { name: 'CKA_PRIVATE', type: pkcs11.CKA_PRIVATE, value: true },
    { name: 'CKA_SENSITIVE', type: pkcs11.CKA_SENSITIVE, value: true },
    { name: 'CKA_EXTRACTABLE', type: pkcs11.CKA_EXTRACTABLE, value: false },
    { name: 'CKA_MODIFIABLE', type: pkcs11.CKA_MODIFIABLE, value: false },
    { name: 'CKA_ENCRYPT', type: pkcs11.CKA_ENCRYPT, value: usage.CKA_ENCRYPT },
    { name: 'CKA_DECRYPT', type: pkcs11.CKA_DECRYPT, value: usage.CKA_DECRYPT },
    { name: 'CKA_SIGN', type: pkcs11.CKA_SIGN, value: usage.CKA_SIGN },
    { name: 'CKA_VERIFY', type: pkcs11.CKA_VERIFY, value: usage.CKA_VERIFY },
    { name: 'CKA_WRAP', type: pkcs11.CKA_WRAP, value: false },
    { name: 'CKA_UNWRAP', type: pkcs11.CKA_UNWRAP, value: false },
    { name: 'CKA_DERIVE', type: pkcs11.CKA_DERIVE, value: false },
  ]
}
