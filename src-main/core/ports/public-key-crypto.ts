import type { PublicKeyType } from '../keys/public-keys.ts'
import type { PostQuantum } from '../keys/specs.ts'
import type { DataKeyPairSpec } from '../vocabulary/kms.ts'
import type { Secret } from '../vocabulary/secret.ts'

/** Hashes by their names in node:crypto. */
export type HashName = 'sha224' | 'sha256' | 'sha384' | 'sha512'

export type EcdsaCurve = Extract<PublicKeyType, 'p256' | 'p384' | 'p521' | 'secp256k1'>
export type NistCurve = Exclude<EcdsaCurve, 'secp256k1'>
export type MlDsa = Extract<PostQuantum, `ml-dsa-${string}`>
export type MlKem = Extract<PostQuantum, `ml-kem-${string}`>

/**
 * The part of the Crypto port that works with other people's public keys, and with the private keys that no token can use. Public keys are
 * SubjectPublicKeyInfo in DER. Verifying throws nothing: what is no signature does not verify.
 */
export interface PublicKeyCrypto {
  /** FIPS 180-4. */
  hash(name: HashName, data: Uint8Array): Uint8Array
  /** ECDSA (FIPS 186-5) over a digest; the signature is an Ecdsa-Sig-Value in DER. High and low s are both right, as with AWS KMS. */
  ecdsaVerify(curve: EcdsaCurve, publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean
  /** Pure Ed25519 (RFC 8032) over the message. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** RSASSA (RFC 8017) over a digest; PSS with a salt as long as the digest and MGF1 of the same hash. */
  rsaVerify(scheme: 'pkcs1' | 'pss', hash: HashName, publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean
  /** RSAES-OAEP with MGF1 of the same hash and no label. The plaintext must fit. */
  rsaEncrypt(hash: 'sha1' | 'sha256', publicKey: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The uncompressed point of a public key that is on this curve; undefined for everything else. */
  point(curve: NistCurve, publicKey: Uint8Array): Uint8Array | undefined
  /** A new pair: PKCS #8 (RFC 5958) and SubjectPublicKeyInfo, both DER. Made in this process. The caller wipes the private key. */
  generatePair(spec: DataKeyPairSpec): Promise<{ privateKey: Secret; publicKey: Uint8Array }>
  /** A new seed (FIPS 203: d and z, 64 bytes; FIPS 204: 32 bytes) and its public key. The caller wipes the seed. */
  generateSeed(algorithm: PostQuantum): { seed: Secret; publicKey: Uint8Array }
  /** ML-DSA (FIPS 204, section 5.2, hedged, empty context), or over mu (its section 6.2), which has 64 bytes. */
  mlDsaSign(algorithm: MlDsa, seed: Uint8Array, message: Uint8Array, form: 'message' | 'mu'): Uint8Array
  mlDsaVerify(algorithm: MlDsa, publicKey: Uint8Array, message: Uint8Array, form: 'message' | 'mu', signature: Uint8Array): boolean
  /** ML-KEM (FIPS 203): 32 bytes of secret. The caller wipes it. */
  mlKemEncapsulate(algorithm: MlKem, publicKey: Uint8Array): { secret: Uint8Array; ciphertext: Uint8Array }
  /** Of a ciphertext of the right length; an altered one gives another secret (implicit rejection). The caller wipes the result. */
  mlKemDecapsulate(algorithm: MlKem, seed: Uint8Array, ciphertext: Uint8Array): Uint8Array
}
