import { randomFillSync } from 'node:crypto'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem1024, ml_kem512, ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { publicKeyBytes, publicKeyInfo } from '#core/keys/public-keys.ts'
import type { PostQuantum } from '#core/keys/specs.ts'
import type { MlDsa, MlKem, PublicKeyCrypto } from '#core/ports/public-key-crypto.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'

// Seeds are what is kept: the expanded private key is made for one call and wiped.

const signers = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 } as const
const kems = { 'ml-kem-512': ml_kem512, 'ml-kem-768': ml_kem768, 'ml-kem-1024': ml_kem1024 } as const

/** FIPS 204: xi; FIPS 203: d, then z. */
const SEED_LENGTH = { dsa: 32, kem: 64 } as const

export const generateSeed: PublicKeyCrypto['generateSeed'] = (algorithm) => {
  const seed = randomFillSync(new Uint8Array(isSigner(algorithm) ? SEED_LENGTH.dsa : SEED_LENGTH.kem))
  const { publicKey, secretKey } = (isSigner(algorithm) ? signers[algorithm] : kems[algorithm]).keygen(seed)
  secretKey.fill(0)
  return { seed: Secret.own(seed), publicKey: publicKeyInfo(algorithm, publicKey) }
}

export const mlDsaSign: PublicKeyCrypto['mlDsaSign'] = (algorithm, seed, message, form) => {
  const signer = signers[algorithm]
  const { secretKey } = signer.keygen(Uint8Array.from(seed))
  try {
    return form === 'mu' ? signer.internal.sign(message, secretKey, { externalMu: true }) : signer.sign(message, secretKey)
  } finally {
    secretKey.fill(0)
  }
}

export const mlDsaVerify: PublicKeyCrypto['mlDsaVerify'] = (algorithm, publicKey, message, form, signature) => {
  const signer = signers[algorithm]
  const key = ownBytes(algorithm, publicKey)
  // FIPS 204, table 2: a signature has one length.
  if (signature.length !== signer.lengths.signature) return false
  return form === 'mu' ? signer.internal.verify(signature, message, key, { externalMu: true }) : signer.verify(signature, message, key)
}

export const mlKemEncapsulate: PublicKeyCrypto['mlKemEncapsulate'] = (algorithm, publicKey) => {
  const { sharedSecret, cipherText } = kems[algorithm].encapsulate(ownBytes(algorithm, publicKey))
  return { secret: sharedSecret, ciphertext: cipherText }
}

export const mlKemDecapsulate: PublicKeyCrypto['mlKemDecapsulate'] = (algorithm, seed, ciphertext) => {
  const { secretKey } = kems[algorithm].keygen(Uint8Array.from(seed))
  try {
    return kems[algorithm].decapsulate(ciphertext, secretKey)
  } finally {
    secretKey.fill(0)
  }
}

function ownBytes(algorithm: MlDsa | MlKem, info: Uint8Array): Uint8Array {
  return publicKeyBytes(algorithm, info) ?? unreachable('a stored public key of another kind')
}

function isSigner(algorithm: PostQuantum): algorithm is MlDsa {
  return algorithm in signers
}
