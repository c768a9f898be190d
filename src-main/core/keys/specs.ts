import type { HmacKind, MaterialKind, PairKind } from '../ports/hsm.ts'
import type { CheckId } from '../tokens/checks.ts'
import { VaultError } from '../vocabulary/failures.ts'
import type {
  EncapsulationAlgorithm, EncryptionAlgorithm, KeyAgreementAlgorithm, KeySpec, KeyUsage, MacAlgorithm, SigningAlgorithm,
} from '../vocabulary/kms.ts'

// What each KeySpec is for, and with which algorithms. Source: the service model in @aws-sdk/client-kms (KeySpec, KeyUsageType and the
// members of KeyMetadata), AWS KMS developer guide, "Key spec reference". ED25519_PH_SHA_512 is not here: no token passes a known-answer
// test for it (SoftHSM signs pure Ed25519 instead, without a word), so it is refused by name.

/** How the material of a spec is held for one usage. */
export type Holding =
  /** In the token, on the rung that it seals on. */
  | { readonly how: 'sealing' }
  /** In the token; the check is what a token must pass. */
  | { readonly how: 'token'; readonly kind: MaterialKind; readonly needs: CheckId }
  /** The private key is sealed by a key of the token and opened for one call: no token that Holdfast knows has the algorithm. */
  | { readonly how: 'sealed'; readonly algorithm: PostQuantum }

export type PostQuantum = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' | 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'

interface SpecRow {
  /** By usage, AWS's order. */
  readonly usages: Readonly<Partial<Record<KeyUsage, Holding>>>
  readonly encryption?: readonly EncryptionAlgorithm[]
  readonly signing?: readonly SigningAlgorithm[]
  readonly mac?: readonly MacAlgorithm[]
  readonly agreement?: readonly KeyAgreementAlgorithm[]
  readonly encapsulation?: readonly EncapsulationAlgorithm[]
}

function hmac(bits: 224 | 256 | 384 | 512): SpecRow {
  const kind: HmacKind = `hmac-${bits}`
  return { usages: { GENERATE_VERIFY_MAC: { how: 'token', kind, needs: `hmac-sha-${bits}` } }, mac: [`HMAC_SHA_${bits}`] }
}

function rsa(bits: 2048 | 3072 | 4096): SpecRow {
  return {
    usages: {
      ENCRYPT_DECRYPT: { how: 'token', kind: `rsa-${bits}-decrypt`, needs: `rsa-${bits}` },
      SIGN_VERIFY: { how: 'token', kind: `rsa-${bits}-sign`, needs: `rsa-${bits}` },
    },
    encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    signing: [
      'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512',
      'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512',
    ],
  }
}

function nist(curve: 'p256' | 'p384' | 'p521', algorithm: SigningAlgorithm): SpecRow {
  return {
    usages: {
      SIGN_VERIFY: { how: 'token', kind: `${curve}-sign`, needs: `ecdsa-${curve}` },
      KEY_AGREEMENT: { how: 'token', kind: `${curve}-derive`, needs: `ecdh-${curve}` },
    },
    signing: [algorithm],
    agreement: ['ECDH'],
  }
}

function mlDsa(algorithm: PostQuantum): SpecRow {
  return { usages: { SIGN_VERIFY: { how: 'sealed', algorithm } }, signing: ['ML_DSA_SHAKE_256'] }
}

function mlKem(algorithm: PostQuantum): SpecRow {
  return { usages: { ENCAPSULATE_DECAPSULATE: { how: 'sealed', algorithm } }, encapsulation: ['ML_KEM'] }
}

const specs: Readonly<Record<KeySpec, SpecRow>> = {
  SYMMETRIC_DEFAULT: { usages: { ENCRYPT_DECRYPT: { how: 'sealing' } }, encryption: ['SYMMETRIC_DEFAULT'] },
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: nist('p256', 'ECDSA_SHA_256'),
  ECC_NIST_P384: nist('p384', 'ECDSA_SHA_384'),
  ECC_NIST_P521: nist('p521', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: { usages: { SIGN_VERIFY: { how: 'token', kind: 'secp256k1-sign', needs: 'ecdsa-secp256k1' } }, signing: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { usages: { SIGN_VERIFY: { how: 'token', kind: 'ed25519-sign', needs: 'ed25519' } }, signing: ['ED25519_SHA_512'] },
  ML_DSA_44: mlDsa('ml-dsa-44'),
  ML_DSA_65: mlDsa('ml-dsa-65'),
  ML_DSA_87: mlDsa('ml-dsa-87'),
  ML_KEM_512: mlKem('ml-kem-512'),
  ML_KEM_768: mlKem('ml-kem-768'),
  ML_KEM_1024: mlKem('ml-kem-1024'),
}

/** A key as far as its spec goes. */
export interface SpecifiedKey {
  readonly spec: KeySpec
  readonly usage: KeyUsage
}

/** KeyMetadata's and GetPublicKey's lists: the one that belongs to the key's usage. */
export interface AlgorithmLists {
  EncryptionAlgorithms?: EncryptionAlgorithm[]
  SigningAlgorithms?: SigningAlgorithm[]
  MacAlgorithms?: MacAlgorithm[]
  KeyAgreementAlgorithms?: KeyAgreementAlgorithm[]
  EncapsulationAlgorithms?: EncapsulationAlgorithm[]
}

export function algorithmLists({ spec, usage }: SpecifiedKey): AlgorithmLists {
  const row = specs[spec]
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: [...(row.encryption ?? [])] }
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: [...(row.signing ?? [])] }
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: [...(row.mac ?? [])] }
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: [...(row.agreement ?? [])] }
    case 'ENCAPSULATE_DECAPSULATE':
      return { EncapsulationAlgorithms: [...(row.encapsulation ?? [])] }
  }
}

/** The usages that a spec has. */
export function usagesOf(spec: KeySpec): KeyUsage[] {
  return Object.keys(specs[spec].usages) as KeyUsage[]
}

/** How the material of a key of this spec and usage is held. */
export function holdingOf({ spec, usage }: SpecifiedKey): Holding {
  const holding = specs[spec].usages[usage]
  if (holding === undefined) throw incompatible(spec, usage)
  return holding
}

/** The usage of a new key. Throws ValidationException where it must be named, or does not go with the spec. */
export function newKeyUsage(spec: KeySpec, usage: KeyUsage | undefined): KeyUsage {
  if (usage === undefined) {
    if (spec === 'SYMMETRIC_DEFAULT') return 'ENCRYPT_DECRYPT'
    throw new VaultError('ValidationException', { text: 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.' })
  }
  if (specs[spec].usages[usage] === undefined) throw incompatible(spec, usage)
  return usage
}

/** Throws InvalidKeyUsageException if an operation of this usage was asked of a key for another one. */
export function requireUsage(operation: string, key: SpecifiedKey, arn: string, usage: KeyUsage): void {
  if (key.usage === usage) return
  throw new VaultError('InvalidKeyUsageException', { text: `${arn} key usage is ${key.usage} which is not valid for ${operation}.` })
}

/** Throws InvalidKeyUsageException if the key's spec has no such algorithm; UnsupportedOperationException for one that no token here passes. */
export function requireAlgorithm(key: SpecifiedKey, algorithm: string): void {
  if (Object.values(algorithmLists(key)).flat().includes(algorithm)) return
  if (key.spec === 'ECC_NIST_EDWARDS25519' && algorithm === 'ED25519_PH_SHA_512') {
    throw new VaultError('UnsupportedOperationException', { text: 'ED25519_PH_SHA_512 is not supported: the HSM does not pass a known-answer test for it.' })
  }
  throw new VaultError('InvalidKeyUsageException', { text: `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.` })
}

/** Every kind of material that a token makes. */
export const materialKinds: readonly MaterialKind[] = [
  'aes-256', 'rsa-2048-unwrap', 'rsa-3072-unwrap', 'rsa-4096-unwrap',
  ...new Set(Object.values(specs).flatMap(({ usages }) => Object.values(usages)).flatMap((holding) => (holding.how === 'token' ? [holding.kind] : []))),
]

/** Whether a material of this kind is a pair, with a public key to show. */
export function isPair(kind: MaterialKind): kind is PairKind {
  return kind !== 'aes-256' && !kind.startsWith('hmac-')
}

function incompatible(spec: KeySpec, usage: KeyUsage): VaultError {
  return new VaultError('ValidationException', { text: `KeyUsage ${usage} is not compatible with KeySpec ${spec}` })
}
