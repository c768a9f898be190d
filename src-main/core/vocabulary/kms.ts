// AWS KMS's own words, as far as Holdfast serves them. Source: the service model in @aws-sdk/client-kms.

/** KeySpec, but SM2, which AWS has in China only and Holdfast not at all. What each is for is in core/keys/specs.ts. */
export const keySpecs = [
  'SYMMETRIC_DEFAULT',
  'HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512',
  'RSA_2048', 'RSA_3072', 'RSA_4096',
  'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519',
  'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87',
  'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024',
] as const
export type KeySpec = (typeof keySpecs)[number]

/** KeyUsageType. */
export const keyUsages = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT', 'ENCAPSULATE_DECAPSULATE'] as const
export type KeyUsage = (typeof keyUsages)[number]

/** KeyState. Only states that a key of this version can be in: `Creating` and `Updating` are over within the transaction that answers the call. */
export const keyStates = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable'] as const
export type KeyState = (typeof keyStates)[number]

/** OriginType: who made the material. */
export const keyOrigins = ['AWS_KMS', 'EXTERNAL'] as const
export type KeyOrigin = (typeof keyOrigins)[number]

/** DataKeySpec, with the key's length in bytes. */
export const dataKeySpecs = { AES_128: 16, AES_256: 32 } as const
export type DataKeySpec = keyof typeof dataKeySpecs

/** EncryptionAlgorithmSpec. */
export const encryptionAlgorithms = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const
export type EncryptionAlgorithm = (typeof encryptionAlgorithms)[number]

/** SigningAlgorithmSpec. */
export const signingAlgorithms = [
  'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256', 'ECDSA_SHA_384', 'ECDSA_SHA_512',
  'ED25519_SHA_512', 'ED25519_PH_SHA_512', 'ML_DSA_SHAKE_256',
] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/** MessageType: how Sign and Verify understand their message. */
export const messageTypes = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const
export type MessageType = (typeof messageTypes)[number]

/** MacAlgorithmSpec, in the order in which the real service lists them. */
export const macAlgorithms = ['HMAC_SHA_384', 'HMAC_SHA_256', 'HMAC_SHA_224', 'HMAC_SHA_512'] as const
export type MacAlgorithm = (typeof macAlgorithms)[number]

/** KeyAgreementAlgorithmSpec. */
export const keyAgreementAlgorithms = ['ECDH'] as const
export type KeyAgreementAlgorithm = (typeof keyAgreementAlgorithms)[number]

/** EncapsulationAlgorithmSpec. */
export const encapsulationAlgorithms = ['ML_KEM'] as const
export type EncapsulationAlgorithm = (typeof encapsulationAlgorithms)[number]

/** DataKeyPairSpec, but SM2. */
export const dataKeyPairSpecs = [
  'RSA_2048', 'RSA_3072', 'RSA_4096',
  'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519',
  'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024',
] as const satisfies readonly KeySpec[]
export type DataKeyPairSpec = (typeof dataKeyPairSpecs)[number]

/** AlgorithmSpec of GetParametersForImport; RSAES_PKCS1_V1_5 is refused by AWS too (since October 2023). */
export const wrappingAlgorithms = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const
export type WrappingAlgorithm = (typeof wrappingAlgorithms)[number]

/** WrappingKeySpec, but SM2. */
export const wrappingKeySpecs = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const
export type WrappingKeySpec = (typeof wrappingKeySpecs)[number]

/** ExpirationModelType. */
export const expirationModels = ['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'] as const
export type ExpirationModel = (typeof expirationModels)[number]

/** ImportType. */
export const importTypes = ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL'] as const
export type ImportType = (typeof importTypes)[number]

/** EncryptionContextType: case-sensitive, unordered. */
export type EncryptionContext = Readonly<Record<string, string>>

/** TagList's member. */
export interface Tag {
  readonly TagKey: string
  readonly TagValue: string
}

/** How a key's material is held: used inside the HSM only, or sealed by a key of the HSM and opened in memory for one call. */
export type ProtectionLevel = 'HSM' | 'SEALED'

/** How a symmetric key seals (docs/spec/ciphertext-blob-v1.md): 1 AES-GCM in the token, 2 HMAC-KDF in the token and AES-GCM in the host. */
export type SealingRung = 1 | 2
