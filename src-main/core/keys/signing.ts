import type { Crypto } from '../ports/crypto.ts'
import type { HashName } from '../ports/public-key-crypto.ts'
import type { SignatureScheme } from '../ports/hsm.ts'
import { fromHex } from '../vocabulary/bytes.ts'
import { der, element } from '../vocabulary/der.ts'
import { unreachable, VaultError } from '../vocabulary/failures.ts'
import type { MacAlgorithm, MessageType, SigningAlgorithm } from '../vocabulary/kms.ts'

/** What signs: a scheme of the token, or ML-DSA in this process. */
type Row =
  /** Over a hash, which the caller may have computed already. */
  | { readonly scheme: Exclude<SignatureScheme, 'eddsa'>; readonly hash: 'sha256' | 'sha384' | 'sha512' }
  /** Over the message itself. */
  | { readonly scheme: 'eddsa' }
  | { readonly scheme: 'ml-dsa' }

// AWS KMS developer guide, "Key spec reference": salt of PSS as long as the digest, MGF1 with the same hash.
const rows: Readonly<Record<Exclude<SigningAlgorithm, 'ED25519_PH_SHA_512'>, Row>> = {
  RSASSA_PSS_SHA_256: { scheme: 'rsa-pss-sha-256', hash: 'sha256' },
  RSASSA_PSS_SHA_384: { scheme: 'rsa-pss-sha-384', hash: 'sha384' },
  RSASSA_PSS_SHA_512: { scheme: 'rsa-pss-sha-512', hash: 'sha512' },
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: 'rsa-pkcs1', hash: 'sha256' },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: 'rsa-pkcs1', hash: 'sha384' },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: 'rsa-pkcs1', hash: 'sha512' },
  ECDSA_SHA_256: { scheme: 'ecdsa', hash: 'sha256' },
  ECDSA_SHA_384: { scheme: 'ecdsa', hash: 'sha384' },
  ECDSA_SHA_512: { scheme: 'ecdsa', hash: 'sha512' },
  ED25519_SHA_512: { scheme: 'eddsa' },
  ML_DSA_SHAKE_256: { scheme: 'ml-dsa' },
}

/** Bytes of each hash. */
export const hashLengths = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<HashName, number>

/** Bytes of mu, the message representative of FIPS 204, section 6.2. */
const MU_LENGTH = 64

/** A message as its signature is made over it. */
export type Signable =
  | { readonly over: 'digest'; readonly scheme: Exclude<SignatureScheme, 'eddsa'>; readonly hash: 'sha256' | 'sha384' | 'sha512'; readonly digest: Uint8Array }
  | { readonly over: 'message'; readonly scheme: 'eddsa' | 'ml-dsa'; readonly message: Uint8Array }
  | { readonly over: 'mu'; readonly scheme: 'ml-dsa'; readonly message: Uint8Array }

/** The message of Sign or Verify, as the algorithm takes it. Throws ValidationException. */
export function signable(crypto: Crypto, algorithm: SigningAlgorithm, type: MessageType, message: Uint8Array): Signable {
  const row = algorithm === 'ED25519_PH_SHA_512' ? unreachable('an algorithm that no key has') : rows[algorithm]
  if ('hash' in row) {
    if (type === 'EXTERNAL_MU') throw notWith(algorithm, type)
    const digest = type === 'RAW' ? crypto.publicKeys.hash(row.hash, message) : message
    if (digest.length !== hashLengths[row.hash]) throw new VaultError('ValidationException', { text: `Digest is invalid length for algorithm ${algorithm}.` })
    return { over: 'digest', ...row, digest }
  }
  if (type === 'RAW') return { over: 'message', ...row, message }
  if (type === 'EXTERNAL_MU' && row.scheme === 'ml-dsa') {
    if (message.length !== MU_LENGTH) throw new VaultError('ValidationException', { text: `Digest is invalid length for algorithm ${algorithm}.` })
    return { over: 'mu', scheme: row.scheme, message }
  }
  throw notWith(algorithm, type)
}

function notWith(algorithm: SigningAlgorithm, type: MessageType): VaultError {
  return new VaultError('ValidationException', { text: `MessageType ${type} is not valid for algorithm ${algorithm}.` })
}

/** AlgorithmIdentifiers of RFC 8017, appendix B.1, with NULL. */
const digestAlgorithms = {
  sha256: '06096086480165030402010500',
  sha384: '06096086480165030402020500',
  sha512: '06096086480165030402030500',
} as const

/** DER of the DigestInfo that RSASSA-PKCS1-v1_5 signs (RFC 8017, section 9.2). */
export function digestInfo(hash: keyof typeof digestAlgorithms, digest: Uint8Array): Uint8Array<ArrayBuffer> {
  const algorithm = fromHex(digestAlgorithms[hash]) ?? unreachable('an algorithm that is no hex')
  return element(der.sequence, element(der.sequence, algorithm), element(der.octetString, digest))
}

/** Bytes of each MAC. */
export const macLengths = { HMAC_SHA_224: 28, HMAC_SHA_256: 32, HMAC_SHA_384: 48, HMAC_SHA_512: 64 } as const satisfies Record<MacAlgorithm, number>

/** The longest plaintext of RSAES-OAEP in bytes: the modulus less two hashes and two (RFC 8017, section 7.1.1). */
export function oaepLimit(bits: number, algorithm: 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'): number {
  return bits / 8 - 2 * (algorithm === 'RSAES_OAEP_SHA_1' ? 20 : 32) - 2
}

/** Bytes of ML-KEM's ciphertexts (FIPS 203, table 3). */
export const encapsulatedLengths = { 'ml-kem-512': 768, 'ml-kem-768': 1088, 'ml-kem-1024': 1568 } as const
