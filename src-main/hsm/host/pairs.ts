import pkcs11 from 'pkcs11js'
import { publicKeyInfo, rsaPublicKey, type PublicKeyType } from '#core/keys/public-keys.ts'
import type { PairKind } from '#core/ports/hsm.ts'
import { ckr } from '../ckr.ts'
import { Refused } from './refusal.ts'
import type { Asked } from './templates.ts'

/** PKCS#11 v3.0; pkcs11js has no names for them. */
const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055
const CKK_EC_EDWARDS = 0x40

const purposes = {
  sign: { private: [pkcs11.CKA_SIGN], public: [pkcs11.CKA_VERIFY] },
  decrypt: { private: [pkcs11.CKA_DECRYPT], public: [pkcs11.CKA_ENCRYPT] },
  derive: { private: [pkcs11.CKA_DERIVE], public: [] },
  unwrap: { private: [pkcs11.CKA_UNWRAP, pkcs11.CKA_DECRYPT], public: [pkcs11.CKA_WRAP, pkcs11.CKA_ENCRYPT] },
} as const

type Purpose = keyof typeof purposes

interface Pair {
  readonly type: Extract<PublicKeyType, 'rsa' | 'p256' | 'p384' | 'p521' | 'secp256k1' | 'ed25519'>
  readonly purpose: Purpose
  readonly keyType: number
  readonly generate: number
  /** Bits of an RSA modulus, or bytes of a point. */
  readonly size: number
  /** CKA_EC_PARAMS in hex; several where tokens differ in what they take. */
  readonly parameters: readonly string[]
}

/** The curve's OID in DER; for Ed25519 the OID of RFC 8410, or the name as PKCS#11 v3.0 has it. Bytes of an uncompressed point. */
const curves = {
  p256: { parameters: ['06082a8648ce3d030107'], size: 65 },
  p384: { parameters: ['06052b81040022'], size: 97 },
  p521: { parameters: ['06052b81040023'], size: 133 },
  secp256k1: { parameters: ['06052b8104000a'], size: 65 },
} as const

function rsa(bits: number, purpose: Purpose): Pair {
  return { type: 'rsa', purpose, keyType: pkcs11.CKK_RSA, generate: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, size: bits, parameters: [] }
}

function curve(type: keyof typeof curves, purpose: Purpose): Pair {
  return { type, purpose, keyType: pkcs11.CKK_EC, generate: pkcs11.CKM_EC_KEY_PAIR_GEN, ...curves[type] }
}

/** What each kind of pair is. */
export const pairs: Readonly<Record<PairKind, Pair>> = {
  'rsa-2048-sign': rsa(2048, 'sign'),
  'rsa-3072-sign': rsa(3072, 'sign'),
  'rsa-4096-sign': rsa(4096, 'sign'),
  // Before those that only decrypt: a pair is the first whose uses it has.
  'rsa-2048-unwrap': rsa(2048, 'unwrap'),
  'rsa-3072-unwrap': rsa(3072, 'unwrap'),
  'rsa-4096-unwrap': rsa(4096, 'unwrap'),
  'rsa-2048-decrypt': rsa(2048, 'decrypt'),
  'rsa-3072-decrypt': rsa(3072, 'decrypt'),
  'rsa-4096-decrypt': rsa(4096, 'decrypt'),
  'p256-sign': curve('p256', 'sign'),
  'p384-sign': curve('p384', 'sign'),
  'p521-sign': curve('p521', 'sign'),
  'p256-derive': curve('p256', 'derive'),
  'p384-derive': curve('p384', 'derive'),
  'p521-derive': curve('p521', 'derive'),
  'secp256k1-sign': curve('secp256k1', 'sign'),
  'ed25519-sign': {
    type: 'ed25519', purpose: 'sign', keyType: CKK_EC_EDWARDS, generate: CKM_EC_EDWARDS_KEY_PAIR_GEN, size: 32,
    parameters: ['06032b6570', '130c656477617264733235353139'],
  },
}

/** The private half, as it is asked and as it must read back. */
export function askedPrivate(kind: PairKind): readonly Asked[] {
  const { keyType, purpose } = pairs[kind]
  return [
    { name: 'CKA_CLASS', type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { name: 'CKA_KEY_TYPE', type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { name: 'CKA_TOKEN', type: pkcs11.CKA_TOKEN, value: true },
    { name: 'CKA_PRIVATE', type: pkcs11.CKA_PRIVATE, value: true },
    { name: 'CKA_SENSITIVE', type: pkcs11.CKA_SENSITIVE, value: true },
    { name: 'CKA_EXTRACTABLE', type: pkcs11.CKA_EXTRACTABLE, value: false },
    { name: 'CKA_MODIFIABLE', type: pkcs11.CKA_MODIFIABLE, value: false },
    ...uses({ CKA_SIGN: pkcs11.CKA_SIGN, CKA_DECRYPT: pkcs11.CKA_DECRYPT, CKA_UNWRAP: pkcs11.CKA_UNWRAP, CKA_DERIVE: pkcs11.CKA_DERIVE }, purposes[purpose].private),
  ]
}

/** The public half: not private, so that whoever may see the token may find it. */
export function askedPublic(kind: PairKind): readonly Asked[] {
  const { keyType, purpose } = pairs[kind]
  return [
    { name: 'CKA_CLASS', type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { name: 'CKA_KEY_TYPE', type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { name: 'CKA_TOKEN', type: pkcs11.CKA_TOKEN, value: true },
    { name: 'CKA_PRIVATE', type: pkcs11.CKA_PRIVATE, value: false },
    { name: 'CKA_MODIFIABLE', type: pkcs11.CKA_MODIFIABLE, value: false },
    ...uses({ CKA_VERIFY: pkcs11.CKA_VERIFY, CKA_ENCRYPT: pkcs11.CKA_ENCRYPT, CKA_WRAP: pkcs11.CKA_WRAP }, purposes[purpose].public),
  ]
}

/** What the public template must say of the key itself: one way to say it per entry, to be tried in order. */
export function pairParameters(kind: PairKind): readonly pkcs11.Template[] {
  const { type, size, parameters } = pairs[kind]
  if (type === 'rsa') {
    return [[
      { type: pkcs11.CKA_MODULUS_BITS, value: size },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ]]
  }
  return parameters.map((value) => [{ type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(value, 'hex') }])
}

/** The kind of a private key by its type and purpose and its public half; undefined if it is none of ours. */
export function pairKindOf(keyType: number | undefined, purpose: (type: number) => boolean, shown: PublicShown): PairKind | undefined {
  return (Object.keys(pairs) as PairKind[]).find((kind) => {
    const pair = pairs[kind]
    return pair.keyType === keyType && purposes[pair.purpose].private.every(purpose) && isOf(pair, shown)
  })
}

/** What a token shows of a public key. */
export interface PublicShown {
  readonly modulus: Buffer | undefined
  readonly exponent: Buffer | undefined
  readonly parameters: Buffer | undefined
  readonly point: Buffer | undefined
}

/** SubjectPublicKeyInfo in DER. Refuses numbers and points of another length than the kind's: such a pair is not the one that was asked for. */
export function publicKeyOf(kind: PairKind, shown: PublicShown): Uint8Array {
  const pair = pairs[kind]
  if (!isOf(pair, shown)) throw new Refused({ kind: 'differs', attribute: pair.type === 'rsa' ? 'CKA_MODULUS' : 'CKA_EC_POINT' })
  const { modulus, exponent, point } = shown
  if (pair.type === 'rsa' && modulus !== undefined && exponent !== undefined) return publicKeyInfo('rsa', rsaPublicKey(modulus, exponent))
  if (point === undefined) throw new Refused({ kind: 'ckr', ckr: ckr.CKR_FUNCTION_FAILED })
  return publicKeyInfo(pair.type, barePoint(point, pair.size))
}

function isOf(pair: Pair, { modulus, exponent, parameters, point }: PublicShown): boolean {
  if (pair.type === 'rsa') return modulus !== undefined && exponent !== undefined && bitLength(modulus) === pair.size
  if (parameters === undefined || !pair.parameters.includes(parameters.toString('hex')) || point === undefined) return false
  const bare = barePoint(point, pair.size)
  return bare.length === pair.size && (pair.type === 'ed25519' || bare[0] === 4)
}

/** CKA_EC_POINT without its OCTET STRING, which some tokens leave away. */
function barePoint(shown: Buffer, size: number): Buffer {
  const header = size < 0x80 ? [0x04, size] : [0x04, 0x81, size]
  const wrapped = shown.length === header.length + size && header.every((byte, i) => shown[i] === byte)
  return wrapped ? shown.subarray(header.length) : shown
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24
}

function uses(types: Readonly<Record<string, number>>, wanted: readonly number[]): Asked[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, value: wanted.includes(type) }))
}
