import { chooseRung } from '../sealing/rung.ts'
import type { CheckId } from './checks.ts'
import { works, type CheckResults } from './profile.ts'

// Which keys of AWS KMS a token can serve by itself, "natively": the material is made in it and never leaves it. Names are AWS's
// (KeySpec; SigningAlgorithmSpec, EncryptionAlgorithmSpec, MacAlgorithmSpec, KeyAgreementAlgorithmSpec), in the order of AWS's own lists.

interface NativeRow {
  readonly spec: string
  readonly algorithm: string
  /** The checks that must work, all of them. */
  readonly needs: readonly CheckId[]
}

const rsa = (['2048', '3072', '4096'] as const).flatMap((bits): NativeRow[] => {
  const row = (algorithm: string, ...more: readonly CheckId[]): NativeRow => ({ spec: `RSA_${bits}`, algorithm, needs: [`rsa-${bits}`, ...more] })
  return [
    row('RSAES_OAEP_SHA_1', 'rsa-oaep-sha-1'),
    row('RSAES_OAEP_SHA_256', 'rsa-oaep-sha-256'),
    ...(['256', '384', '512'] as const).map((hash) => row(`RSASSA_PSS_SHA_${hash}`, `rsa-pss-sha-${hash}`)),
    ...(['256', '384', '512'] as const).map((hash) => row(`RSASSA_PKCS1_V1_5_SHA_${hash}`, 'rsa-pkcs1')),
  ]
})

/** Every pair of KeySpec and algorithm that a token may serve, but SYMMETRIC_DEFAULT, which the sealing ladder decides. */
export const nativeRows: readonly NativeRow[] = [
  ...rsa,
  { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', needs: ['ecdsa-p256'] },
  { spec: 'ECC_NIST_P256', algorithm: 'ECDH', needs: ['ecdh-p256'] },
  { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_384', needs: ['ecdsa-p384'] },
  { spec: 'ECC_NIST_P384', algorithm: 'ECDH', needs: ['ecdh-p384'] },
  { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_512', needs: ['ecdsa-p521'] },
  { spec: 'ECC_NIST_P521', algorithm: 'ECDH', needs: ['ecdh-p521'] },
  { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_256', needs: ['ecdsa-secp256k1'] },
  // ED25519_PH_SHA_512 needs CK_EDDSA_PARAMS, which is not tried.
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', needs: ['ed25519'] },
  { spec: 'HMAC_224', algorithm: 'HMAC_SHA_224', needs: ['hmac-sha-224'] },
  { spec: 'HMAC_256', algorithm: 'HMAC_SHA_256', needs: ['hmac-sha-256'] },
  { spec: 'HMAC_384', algorithm: 'HMAC_SHA_384', needs: ['hmac-sha-384'] },
  { spec: 'HMAC_512', algorithm: 'HMAC_SHA_512', needs: ['hmac-sha-512'] },
]

/** What a token can do with keys of one KeySpec by itself. */
export interface NativeSpec {
  readonly spec: string
  readonly served: readonly string[]
  /** Algorithms that AWS KMS has for this spec and the token has not. */
  readonly missing: readonly string[]
}

/** Every KeySpec with its algorithms, in AWS's order. */
export function nativeSpecs(results: CheckResults): NativeSpec[] {
  const specs = [...new Set(nativeRows.map(({ spec }) => spec))]
  return [symmetricSpec(results), ...specs.map((spec) => specOf(spec, results))]
}

function specOf(spec: string, results: CheckResults): NativeSpec {
  const rows = nativeRows.filter((row) => row.spec === spec)
  const can = (row: NativeRow): boolean => row.needs.every((id) => works(results, id))
  return { spec, served: rows.filter(can).map(({ algorithm }) => algorithm), missing: rows.filter((row) => !can(row)).map(({ algorithm }) => algorithm) }
}

function symmetricSpec(results: CheckResults): NativeSpec {
  const algorithms = ['SYMMETRIC_DEFAULT']
  const can = chooseRung(results) !== undefined
  return { spec: 'SYMMETRIC_DEFAULT', served: can ? algorithms : [], missing: can ? [] : algorithms }
}
