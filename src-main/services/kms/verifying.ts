import type { PublicKeyType } from '#core/keys/public-keys.ts'
import type { Signable } from '#core/keys/signing.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { EcdsaCurve, MlDsa } from '#core/ports/public-key-crypto.ts'
import type { MaterialRow } from '#core/ports/store.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { KeySpec } from '#core/vocabulary/kms.ts'

/** The kind of public key of each spec that has one. */
export const publicKeyTypes = {
  RSA_2048: 'rsa',
  RSA_3072: 'rsa',
  RSA_4096: 'rsa',
  ECC_NIST_P256: 'p256',
  ECC_NIST_P384: 'p384',
  ECC_NIST_P521: 'p521',
  ECC_SECG_P256K1: 'secp256k1',
  ECC_NIST_EDWARDS25519: 'ed25519',
  ML_DSA_44: 'ml-dsa-44',
  ML_DSA_65: 'ml-dsa-65',
  ML_DSA_87: 'ml-dsa-87',
  ML_KEM_512: 'ml-kem-512',
  ML_KEM_768: 'ml-kem-768',
  ML_KEM_1024: 'ml-kem-1024',
} as const satisfies Partial<Record<KeySpec, PublicKeyType>>

/** The public key of a pair, as the store keeps it. */
export function publicKeyOf(material: MaterialRow): Uint8Array {
  return material.publicKey ?? unreachable('a pair without its public key')
}

/** Whether a signature holds. The message was prepared for an algorithm of this spec. */
export function verifies({ publicKeys }: Crypto, spec: KeySpec, publicKey: Uint8Array, message: Signable, signature: Uint8Array): boolean {
  const type = publicKeyTypes[spec as keyof typeof publicKeyTypes]
  switch (message.scheme) {
    case 'ecdsa':
      return publicKeys.ecdsaVerify(type as EcdsaCurve, publicKey, message.digest, signature)
    case 'eddsa':
      return publicKeys.ed25519Verify(publicKey, message.message, signature)
    case 'ml-dsa':
      return publicKeys.mlDsaVerify(type as MlDsa, publicKey, message.message, message.over, signature)
    case 'rsa-pkcs1':
    case 'rsa-pss-sha-256':
    case 'rsa-pss-sha-384':
    case 'rsa-pss-sha-512':
      return publicKeys.rsaVerify(message.scheme === 'rsa-pkcs1' ? 'pkcs1' : 'pss', message.hash, publicKey, message.digest, signature)
  }
}
