import { createPublicKey, verify } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ecdsaNumbers, publicKeyBytes } from '#core/keys/public-keys.ts'
import type { EcdsaCurve, NistCurve } from '#core/ports/public-key-crypto.ts'

/** node:crypto cannot verify ECDSA over a digest that was made elsewhere, and BoringSSL has no secp256k1: so all four are here. */
export const curves = { p256, p384, p521, secp256k1 } as const

/** Bytes of a curve's order. */
const orderLengths = { p256: 32, p384: 48, p521: 66, secp256k1: 32 } as const satisfies Record<EcdsaCurve, number>

export function ecdsaVerify(curve: EcdsaCurve, publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const key = publicKeyBytes(curve, publicKey)
  const numbers = ecdsaNumbers(signature, orderLengths[curve])
  if (key === undefined || numbers === undefined) return false
  try {
    // Tokens give whichever s comes out; AWS KMS takes both.
    return curves[curve].verify(numbers, digest, key, { prehash: false, lowS: false })
  } catch (error) {
    // Numbers out of range are no signature; noble says so by throwing.
    if (error instanceof Error) return false
    throw error
  }
}

export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, message, createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }), signature)
}

export function point(curve: NistCurve, publicKey: Uint8Array): Uint8Array | undefined {
  const key = publicKeyBytes(curve, publicKey)
  if (key === undefined) return undefined
  try {
    // Also takes a compressed point, as SEC 1 allows; checks that it is on the curve and not at infinity.
    const found = curves[curve].Point.fromBytes(key)
    found.assertValidity()
    return found.toBytes(false)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}
