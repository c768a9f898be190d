// AWS KMS's own words, as far as Holdfast serves them. Source: the service model in @aws-sdk/client-kms.

/** KeySpec. More follow with the whole key management service. */
export const keySpecs = ['SYMMETRIC_DEFAULT'] as const
export type KeySpec = (typeof keySpecs)[number]

/** KeyUsageType. */
export const keyUsages = ['ENCRYPT_DECRYPT'] as const
export type KeyUsage = (typeof keyUsages)[number]

/** KeyState. Only states that a key of this version can be in. */
export const keyStates = ['Enabled', 'Disabled', 'PendingDeletion', 'Unavailable'] as const
export type KeyState = (typeof keyStates)[number]

/** OriginType: who made the material. */
export const keyOrigins = ['AWS_KMS'] as const
export type KeyOrigin = (typeof keyOrigins)[number]

/** DataKeySpec, with the key's length in bytes. */
export const dataKeySpecs = { AES_128: 16, AES_256: 32 } as const
export type DataKeySpec = keyof typeof dataKeySpecs

/** EncryptionAlgorithmSpec. */
export const encryptionAlgorithms = ['SYMMETRIC_DEFAULT'] as const
export type EncryptionAlgorithm = (typeof encryptionAlgorithms)[number]

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
