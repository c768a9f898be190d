import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { publicKeyBytes, rsaNumbers } from '#core/keys/public-keys.ts'
import type { PairKind } from '#core/ports/hsm.ts'
import { der, element, elements } from '#core/vocabulary/der.ts'
import { asBuffer } from './bytes.ts'
import { pairs } from './pairs.ts'

/** A pair from outside, as C_CreateObject takes its halves: one way to name its curve per entry, to be tried in order. */
export interface OutsidePair {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  /** The values are views of the PKCS #8 bytes: wiped with them. */
  readonly ways: readonly { readonly private: pkcs11.Template; readonly public: pkcs11.Template }[]
}

/**
 * Reads PKCS #8 (RFC 5958) in DER; undefined if it is no pair of this kind, or its halves do not belong together. The library's own copy
 * of the key is overwritten when it frees it: it cannot be wiped from here.
 */
export function readPkcs8(kind: PairKind, bytes: Buffer): OutsidePair | undefined {
  const publicKey = publicHalf(bytes)
  const inner = innerKey(bytes)
  if (publicKey === undefined || inner === undefined) return undefined
  const { type, size, parameters } = pairs[kind]
  if (type === 'rsa') {
    const numbers = rsaNumbers(publicKey)
    const parts = rsaParts(inner)
    if (numbers === undefined || parts === undefined || numbers.modulus.length * 8 !== size || (numbers.modulus[0] ?? 0) < 0x80) return undefined
    const shown = [{ type: pkcs11.CKA_MODULUS, value: asBuffer(numbers.modulus) }, { type: pkcs11.CKA_PUBLIC_EXPONENT, value: asBuffer(numbers.exponent) }]
    return { publicKey, ways: [{ private: [...shown, ...parts], public: shown }] }
  }
  const point = publicKeyBytes(type, publicKey)
  const value = type === 'ed25519' ? only(inner, der.octetString) : elements(only(inner, der.sequence) ?? EMPTY)?.[1]?.content
  if (point?.length !== size || value === undefined) return undefined
  return {
    publicKey,
    ways: parameters.map((name) => {
      const curve = { type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(name, 'hex') }
      return {
        private: [curve, { type: pkcs11.CKA_VALUE, value: asBuffer(value) }],
        public: [curve, { type: pkcs11.CKA_EC_POINT, value: asBuffer(element(der.octetString, point)) }],
      }
    }),
  }
}

const EMPTY = new Uint8Array()

/** The public key that belongs to the private one, if the two do: a signature of one holds under the other. */
function publicHalf(bytes: Buffer): Uint8Array | undefined {
  try {
    const privateKey = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(privateKey)
    const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    const message = randomBytes(32)
    if (!verify(hash, message, publicKey, sign(hash, message, privateKey))) return undefined
    return publicKey.export({ format: 'der', type: 'spki' })
  } catch (error) {
    // No PKCS #8, a curve that the library does not know, numbers that make no key: its errors have a code.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

/** PrivateKeyInfo's privateKey. */
function innerKey(bytes: Uint8Array): Uint8Array | undefined {
  const fields = elements(only(bytes, der.sequence) ?? EMPTY)
  return fields?.[2]?.tag === der.octetString ? fields[2].content : undefined
}

const RSA_PARTS = [
  pkcs11.CKA_PRIVATE_EXPONENT, pkcs11.CKA_PRIME_1, pkcs11.CKA_PRIME_2, pkcs11.CKA_EXPONENT_1, pkcs11.CKA_EXPONENT_2, pkcs11.CKA_COEFFICIENT,
] as const

/** RSAPrivateKey (RFC 8017, appendix A.1.2) of two primes, from its private exponent on. */
function rsaParts(inner: Uint8Array): { type: number; value: Buffer }[] | undefined {
  const numbers = elements(only(inner, der.sequence) ?? EMPTY)?.slice(3)
  if (numbers?.length !== RSA_PARTS.length || numbers.some(({ tag, content }) => tag !== der.integer || content.length === 0)) return undefined
  return RSA_PARTS.map((type, i) => {
    const content = numbers[i]?.content ?? EMPTY
    return { type, value: asBuffer(content[0] === 0 ? content.subarray(1) : content) }
  })
}

/** The content of the one element that the bytes are. */
function only(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  const [first, second] = elements(bytes) ?? []
  return first?.tag === tag && second === undefined ? first.content : undefined
}
