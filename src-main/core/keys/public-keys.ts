import { concat, fromHex } from '../vocabulary/bytes.ts'
import { bits, der, element, elements, unsigned } from '../vocabulary/der.ts'
import { unreachable } from '../vocabulary/failures.ts'

// SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) of every kind of public key that AWS KMS gives out.

/** AlgorithmIdentifier as hex of its content. */
const algorithms = {
  // RFC 3279, section 2.3.1: rsaEncryption, with NULL.
  rsa: '06092a864886f70d0101010500',
  // RFC 5480: id-ecPublicKey with the curve.
  p256: '06072a8648ce3d0201' + '06082a8648ce3d030107',
  p384: '06072a8648ce3d0201' + '06052b81040022',
  p521: '06072a8648ce3d0201' + '06052b81040023',
  secp256k1: '06072a8648ce3d0201' + '06052b8104000a',
  // RFC 8410.
  ed25519: '06032b6570',
  // RFC 9881: id-ml-dsa-44 and the next two, without parameters.
  'ml-dsa-44': '0609608648016503040311',
  'ml-dsa-65': '0609608648016503040312',
  'ml-dsa-87': '0609608648016503040313',
  // RFC 9935 (id-alg-ml-kem-512 and the next two), without parameters.
  'ml-kem-512': '0609608648016503040401',
  'ml-kem-768': '0609608648016503040402',
  'ml-kem-1024': '0609608648016503040403',
} as const

export type PublicKeyType = keyof typeof algorithms

/** The content of the AlgorithmIdentifier: its elements, joined. */
export function algorithmIdentifier(type: PublicKeyType): Uint8Array<ArrayBuffer> {
  return element(der.sequence, fromHex(algorithms[type]) ?? unreachable('an algorithm that is no hex'))
}

/** SubjectPublicKeyInfo around the key's own bytes: an uncompressed point, a raw key, or an RSAPublicKey in DER. */
export function publicKeyInfo(type: PublicKeyType, key: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(der.sequence, algorithmIdentifier(type), bits(key))
}

/** RSAPublicKey (RFC 8017, appendix A.1.1) of unsigned big-endian numbers. */
export function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(der.sequence, unsigned(modulus), unsigned(exponent))
}

/** The key's own bytes in a SubjectPublicKeyInfo of this type; undefined if it is none. */
export function publicKeyBytes(type: PublicKeyType, info: Uint8Array): Uint8Array | undefined {
  const head = algorithmIdentifier(type)
  const [whole, more] = elements(info) ?? []
  if (whole?.tag !== der.sequence || more !== undefined) return undefined
  const algorithm = whole.content.subarray(0, head.length)
  if (!algorithm.every((byte, i) => byte === head[i]) || algorithm.length !== head.length) return undefined
  const [key, other] = elements(whole.content.subarray(head.length)) ?? []
  if (key?.tag !== der.bitString || key.content[0] !== 0 || other !== undefined) return undefined
  return key.content.subarray(1)
}

/** Modulus and exponent of an RSA SubjectPublicKeyInfo, without leading zeros. */
export function rsaNumbers(info: Uint8Array): { modulus: Uint8Array; exponent: Uint8Array } | undefined {
  const [sequence] = elements(publicKeyBytes('rsa', info) ?? new Uint8Array()) ?? []
  const [modulus, exponent] = sequence?.tag === der.sequence ? (elements(sequence.content) ?? []) : []
  if (modulus?.tag !== der.integer || exponent?.tag !== der.integer) return undefined
  return { modulus: bare(modulus.content), exponent: bare(exponent.content) }
}

/** ECDSA's r and s, each of half the bytes, as AWS KMS gives them: Ecdsa-Sig-Value (RFC 3279, section 2.2.3). */
export function ecdsaSignature(joined: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = joined.length / 2
  return element(der.sequence, unsigned(joined.subarray(0, half)), unsigned(joined.subarray(half)))
}

/** r and s, joined, each as long as the curve's order; undefined if the bytes are no Ecdsa-Sig-Value in DER. */
export function ecdsaNumbers(signature: Uint8Array, orderLength: number): Uint8Array<ArrayBuffer> | undefined {
  const [whole, more] = elements(signature) ?? []
  if (whole?.tag !== der.sequence || more !== undefined) return undefined
  const numbers = elements(whole.content)
  if (numbers?.length !== 2) return undefined
  const padded = numbers.map(({ tag, content }) => (tag === der.integer && isUnsigned(content) ? fixed(bare(content), orderLength) : undefined))
  const [r, s] = padded
  return r === undefined || s === undefined ? undefined : concat(r, s)
}

function isUnsigned(content: Uint8Array): boolean {
  const [first, second] = [content[0], content[1]]
  if (first === undefined || first >= 0x80) return false
  // DER: no zero in front that is not needed.
  return first !== 0 || second === undefined || second >= 0x80
}

function bare(content: Uint8Array): Uint8Array {
  return content[0] === 0 ? content.subarray(1) : content
}

function fixed(number: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
  return number.length > length ? undefined : concat(new Uint8Array(length - number.length), number)
}
