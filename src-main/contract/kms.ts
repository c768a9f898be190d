import { oc } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// AWS KMS's operations under AWS's own names, members and enums. The schemas say shape only; limits and patterns are in
// core/kms/constraints.ts, which refuses in AWS's own words and lets the refusal be audited.

const keyId = z.string().describe('Key id, key ARN, alias name or alias ARN')
const encryptionContext = z.record(z.string(), z.string()).optional().describe('Encryption context: the same map is needed to decrypt')
const grantTokens = z.array(z.string()).optional().describe('Grant tokens')
const dryRun = z.boolean().optional().describe('Check permission only')
const limit = z.int().optional().describe('Most entries of one answer')
const marker = z.string().optional().describe('NextMarker of the answer before')
const recipient = z.object({ KeyEncryptionAlgorithm: z.string().optional() }).optional().describe('Not supported')
const dryRunModifiers = z.array(z.string()).optional().describe('IGNORE_CIPHERTEXT: a dry run that needs no ciphertext')
const tag = z.object({ TagKey: z.string(), TagValue: z.string() })

/** Of KeyMetadata and GetPublicKey: the one list that belongs to the key's usage. */
const algorithmLists = {
  EncryptionAlgorithms: z.array(z.string()).optional(),
  SigningAlgorithms: z.array(z.string()).optional(),
  MacAlgorithms: z.array(z.string()).optional(),
  KeyAgreementAlgorithms: z.array(z.string()).optional(),
  EncapsulationAlgorithms: z.array(z.string()).optional(),
}

const multiRegionKey = z.object({ Arn: z.string(), Region: z.string() })

/** AWS KMS KeyMetadata. */
export const keyMetadata = z.object({
  AWSAccountId: z.string(),
  KeyId: z.string(),
  Arn: z.string(),
  CreationDate: z.date(),
  Enabled: z.boolean(),
  Description: z.string(),
  KeyUsage: z.string(),
  KeyState: z.string(),
  Origin: z.string(),
  KeyManager: z.literal('CUSTOMER'),
  CustomerMasterKeySpec: z.string(),
  KeySpec: z.string(),
  ...algorithmLists,
  MultiRegion: z.boolean(),
  MultiRegionConfiguration: z
    .object({ MultiRegionKeyType: z.string(), PrimaryKey: multiRegionKey, ReplicaKeys: z.array(multiRegionKey) })
    .optional(),
  CurrentKeyMaterialId: z.string().optional(),
  DeletionDate: z.date().optional(),
  ValidTo: z.date().optional(),
  ExpirationModel: z.string().optional(),
  PendingDeletionWindowInDays: z.int().optional(),
})
export type KeyMetadata = z.infer<typeof keyMetadata>

const aliasEntry = z.object({
  AliasName: z.string(),
  AliasArn: z.string(),
  TargetKeyId: z.string(),
  CreationDate: z.date(),
  LastUpdatedDate: z.date(),
})

const operation = oc.errors(declaredErrors)
const nothing = z.object({})

const signed = {
  KeyId: keyId,
  Message: bytes.describe('0 to 4096 bytes, or a digest'),
  MessageType: z.string().optional().describe('RAW, DIGEST or EXTERNAL_MU; RAW if not given'),
  SigningAlgorithm: z.string(),
  GrantTokens: grantTokens,
  DryRun: dryRun,
}

const authenticated = { KeyId: keyId, Message: bytes.describe('1 to 4096 bytes'), MacAlgorithm: z.string(), GrantTokens: grantTokens, DryRun: dryRun }

const encapsulation = { KeyId: keyId, EncapsulationAlgorithm: z.string().describe('ML_KEM'), GrantTokens: grantTokens, DryRun: dryRun }

const dataKeyPair = { KeyId: keyId, KeyPairSpec: z.string(), EncryptionContext: encryptionContext, GrantTokens: grantTokens, DryRun: dryRun }

const dataKeyPairAnswer = {
  PrivateKeyCiphertextBlob: bytes,
  PublicKey: bytes,
  KeyId: z.string(),
  KeyPairSpec: z.string(),
  KeyMaterialId: z.string(),
}

const grantConstraints = z.object({
  EncryptionContextEquals: z.record(z.string(), z.string()).optional(),
  EncryptionContextSubset: z.record(z.string(), z.string()).optional(),
})

const grantPage = z.object({
  Grants: z.array(
    z.object({
      KeyId: z.string(),
      GrantId: z.string(),
      Name: z.string().optional(),
      CreationDate: z.date(),
      GranteePrincipal: z.string(),
      RetiringPrincipal: z.string().optional(),
      IssuingAccount: z.string(),
      Operations: z.array(z.string()),
      Constraints: grantConstraints.optional(),
    }),
  ),
  NextMarker: z.string().optional(),
  Truncated: z.boolean(),
})

export const kms = {
  CreateKey: operation
    .input(
      z.object({
        Description: z.string().optional().describe('What the key is for; not for secrets'),
        KeyUsage: z.string().optional(),
        KeySpec: z.string().optional(),
        CustomerMasterKeySpec: z.string().optional().describe('The older name of KeySpec'),
        Origin: z.string().optional(),
        Policy: z.string().optional().describe('Key policy, JSON text'),
        BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
        MultiRegion: z.boolean().optional(),
        Tags: z.array(tag).optional().describe('Tags; not for secrets'),
      }),
    )
    .output(z.object({ KeyMetadata: keyMetadata })),
  DescribeKey: operation.input(z.object({ KeyId: keyId, GrantTokens: grantTokens })).output(z.object({ KeyMetadata: keyMetadata })),
  ListKeys: operation
    .input(z.object({ Limit: limit, Marker: marker }))
    .output(z.object({ Keys: z.array(z.object({ KeyId: z.string(), KeyArn: z.string() })), NextMarker: z.string().optional(), Truncated: z.boolean() })),
  EnableKey: operation.input(z.object({ KeyId: keyId })).output(nothing),
  DisableKey: operation.input(z.object({ KeyId: keyId })).output(nothing),
  CreateAlias: operation.input(z.object({ AliasName: z.string(), TargetKeyId: z.string() })).output(nothing),
  DeleteAlias: operation.input(z.object({ AliasName: z.string() })).output(nothing),
  ListAliases: operation
    .input(z.object({ KeyId: keyId.optional(), Limit: limit, Marker: marker }))
    .output(z.object({ Aliases: z.array(aliasEntry), NextMarker: z.string().optional(), Truncated: z.boolean() })),
  Encrypt: operation
    .input(
      z.object({
        KeyId: keyId,
        Plaintext: bytes.describe('1 to 4096 bytes'),
        EncryptionContext: encryptionContext,
        EncryptionAlgorithm: z.string().optional(),
        GrantTokens: grantTokens,
        DryRun: dryRun,
      }),
    )
    .output(z.object({ CiphertextBlob: bytes, KeyId: z.string(), EncryptionAlgorithm: z.string() })),
  Decrypt: operation
    .input(
      z.object({
        CiphertextBlob: bytes.optional().describe('Needed, but for a dry run with IGNORE_CIPHERTEXT'),
        EncryptionContext: encryptionContext,
        KeyId: keyId.optional(),
        EncryptionAlgorithm: z.string().optional(),
        GrantTokens: grantTokens,
        DryRun: dryRun,
        DryRunModifiers: dryRunModifiers,
        Recipient: recipient,
      }),
    )
    .output(z.object({ KeyId: z.string(), Plaintext: bytes, EncryptionAlgorithm: z.string(), KeyMaterialId: z.string().optional() })),
  GenerateDataKey: operation
    .input(
      z.object({
        KeyId: keyId,
        KeySpec: z.string().optional().describe('AES_256 or AES_128'),
        NumberOfBytes: z.int().optional().describe('1 to 1024, instead of KeySpec'),
        EncryptionContext: encryptionContext,
        GrantTokens: grantTokens,
        DryRun: dryRun,
        Recipient: recipient,
      }),
    )
    .output(z.object({ CiphertextBlob: bytes, Plaintext: bytes, KeyId: z.string(), KeyMaterialId: z.string() })),
  GenerateDataKeyWithoutPlaintext: operation
    .input(
      z.object({
        KeyId: keyId,
        KeySpec: z.string().optional().describe('AES_256 or AES_128'),
        NumberOfBytes: z.int().optional().describe('1 to 1024, instead of KeySpec'),
        EncryptionContext: encryptionContext,
        GrantTokens: grantTokens,
        DryRun: dryRun,
      }),
    )
    .output(z.object({ CiphertextBlob: bytes, KeyId: z.string(), KeyMaterialId: z.string() })),
  ReEncrypt: operation
    .input(
      z.object({
        CiphertextBlob: bytes.optional().describe('Needed, but for a dry run with IGNORE_CIPHERTEXT'),
        SourceEncryptionContext: encryptionContext,
        SourceKeyId: keyId.optional(),
        DestinationKeyId: keyId,
        DestinationEncryptionContext: encryptionContext,
        SourceEncryptionAlgorithm: z.string().optional(),
        DestinationEncryptionAlgorithm: z.string().optional(),
        GrantTokens: grantTokens,
        DryRun: dryRun,
        DryRunModifiers: dryRunModifiers,
      }),
    )
    .output(
      z.object({
        CiphertextBlob: bytes,
        SourceKeyId: z.string(),
        KeyId: z.string(),
        SourceEncryptionAlgorithm: z.string(),
        DestinationEncryptionAlgorithm: z.string(),
        SourceKeyMaterialId: z.string().optional(),
        DestinationKeyMaterialId: z.string().optional(),
      }),
    ),
  UpdateAlias: operation.input(z.object({ AliasName: z.string(), TargetKeyId: z.string() })).output(nothing),
  UpdateKeyDescription: operation.input(z.object({ KeyId: keyId, Description: z.string().describe('What the key is for; not for secrets') })).output(nothing),
  TagResource: operation.input(z.object({ KeyId: keyId, Tags: z.array(tag).describe('Tags; not for secrets') })).output(nothing),
  UntagResource: operation.input(z.object({ KeyId: keyId, TagKeys: z.array(z.string()) })).output(nothing),
  ListResourceTags: operation
    .input(z.object({ KeyId: keyId, Limit: limit, Marker: marker }))
    .output(z.object({ Tags: z.array(tag), NextMarker: z.string().optional(), Truncated: z.boolean() })),
  GetKeyPolicy: operation.input(z.object({ KeyId: keyId, PolicyName: z.string().optional() })).output(z.object({ Policy: z.string(), PolicyName: z.string() })),
  PutKeyPolicy: operation
    .input(
      z.object({
        KeyId: keyId,
        PolicyName: z.string().optional(),
        Policy: z.string().describe('Key policy, JSON text'),
        BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
      }),
    )
    .output(nothing),
  ListKeyPolicies: operation
    .input(z.object({ KeyId: keyId, Limit: limit, Marker: marker }))
    .output(z.object({ PolicyNames: z.array(z.string()), NextMarker: z.string().optional(), Truncated: z.boolean() })),
  GetKeyLastUsage: operation.input(z.object({ KeyId: keyId })).output(
    z.object({
      KeyId: z.string(),
      KeyLastUsage: z.object({ Operation: z.string(), Timestamp: z.date(), CloudTrailEventId: z.string(), KmsRequestId: z.string() }).optional(),
      TrackingStartDate: z.date(),
      KeyCreationDate: z.date(),
    }),
  ),
  EnableKeyRotation: operation
    .input(z.object({ KeyId: keyId, RotationPeriodInDays: z.int().optional().describe('90 to 2560; 365 if not given') }))
    .output(nothing),
  DisableKeyRotation: operation.input(z.object({ KeyId: keyId })).output(nothing),
  GetKeyRotationStatus: operation.input(z.object({ KeyId: keyId })).output(
    z.object({
      KeyId: z.string(),
      KeyRotationEnabled: z.boolean(),
      RotationPeriodInDays: z.int().optional(),
      NextRotationDate: z.date().optional(),
    }),
  ),
  ListKeyRotations: operation
    .input(z.object({ KeyId: keyId, IncludeKeyMaterial: z.string().optional().describe('ALL_KEY_MATERIAL or ROTATIONS_ONLY'), Limit: limit, Marker: marker }))
    .output(
      z.object({
        Rotations: z.array(
          z.object({
            KeyId: z.string(),
            KeyMaterialId: z.string(),
            KeyMaterialState: z.string(),
            RotationDate: z.date().optional(),
            RotationType: z.string().optional(),
            KeyMaterialDescription: z.string().optional(),
            ImportState: z.string().optional(),
            ExpirationModel: z.string().optional(),
            ValidTo: z.date().optional(),
          }),
        ),
        NextMarker: z.string().optional(),
        Truncated: z.boolean(),
      }),
    ),
  RotateKeyOnDemand: operation.input(z.object({ KeyId: keyId })).output(z.object({ KeyId: z.string() })),
  ScheduleKeyDeletion: operation
    .input(z.object({ KeyId: keyId, PendingWindowInDays: z.int().optional().describe('7 to 30; 30 if not given') }))
    .output(z.object({ KeyId: z.string(), DeletionDate: z.date().optional(), KeyState: z.string(), PendingWindowInDays: z.int() })),
  CancelKeyDeletion: operation.input(z.object({ KeyId: keyId })).output(z.object({ KeyId: z.string() })),
  GetParametersForImport: operation
    .input(
      z.object({
        KeyId: keyId,
        WrappingAlgorithm: z.string().describe('RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, RSA_AES_KEY_WRAP_SHA_1 or RSA_AES_KEY_WRAP_SHA_256'),
        WrappingKeySpec: z.string().describe('RSA_2048, RSA_3072 or RSA_4096'),
      }),
    )
    .output(z.object({ KeyId: z.string(), ImportToken: bytes, PublicKey: bytes, ParametersValidTo: z.date() })),
  ImportKeyMaterial: operation
    .input(
      z.object({
        KeyId: keyId,
        ImportToken: bytes.describe('Of GetParametersForImport, for one import within 24 hours'),
        EncryptedKeyMaterial: bytes.describe('The material, wrapped under the public key that came with the token'),
        ValidTo: z.date().optional().describe('When the material expires, at most 365 days ahead'),
        ExpirationModel: z.string().optional().describe('KEY_MATERIAL_EXPIRES, which needs ValidTo, or KEY_MATERIAL_DOES_NOT_EXPIRE'),
        ImportType: z.string().optional().describe('NEW_KEY_MATERIAL or EXISTING_KEY_MATERIAL'),
        KeyMaterialDescription: z.string().optional().describe('What the material is; not for secrets'),
        KeyMaterialId: z.string().optional().describe('Of material that was here before'),
      }),
    )
    .output(z.object({ KeyId: z.string(), KeyMaterialId: z.string() })),
  DeleteImportedKeyMaterial: operation
    .input(z.object({ KeyId: keyId, KeyMaterialId: z.string().optional().describe('The current material if not given') }))
    .output(z.object({ KeyId: z.string(), KeyMaterialId: z.string().optional() })),
  ReplicateKey: operation
    .input(
      z.object({
        KeyId: keyId,
        ReplicaRegion: z.string().describe('A Region of the vault'),
        Policy: z.string().optional().describe('Key policy of the replica, JSON text'),
        BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
        Description: z.string().optional().describe('What the replica is for; not for secrets'),
        Tags: z.array(tag).optional().describe('Tags of the replica; not for secrets'),
      }),
    )
    .output(z.object({ ReplicaKeyMetadata: keyMetadata, ReplicaPolicy: z.string(), ReplicaTags: z.array(tag) })),
  UpdatePrimaryRegion: operation.input(z.object({ KeyId: keyId, PrimaryRegion: z.string().describe('The Region of a replica') })).output(nothing),
  Sign: operation.input(z.object(signed)).output(z.object({ KeyId: z.string(), Signature: bytes, SigningAlgorithm: z.string() })),
  Verify: operation
    .input(z.object({ ...signed, Signature: bytes }))
    .output(z.object({ KeyId: z.string(), SignatureValid: z.boolean(), SigningAlgorithm: z.string() })),
  GenerateMac: operation.input(z.object(authenticated)).output(z.object({ Mac: bytes, MacAlgorithm: z.string(), KeyId: z.string() })),
  VerifyMac: operation
    .input(z.object({ ...authenticated, Mac: bytes }))
    .output(z.object({ KeyId: z.string(), MacValid: z.boolean(), MacAlgorithm: z.string() })),
  GetPublicKey: operation.input(z.object({ KeyId: keyId, GrantTokens: grantTokens })).output(
    z.object({
      KeyId: z.string(),
      PublicKey: bytes,
      CustomerMasterKeySpec: z.string(),
      KeySpec: z.string(),
      KeyUsage: z.string(),
      ...algorithmLists,
    }),
  ),
  DeriveSharedSecret: operation
    .input(
      z.object({
        KeyId: keyId,
        KeyAgreementAlgorithm: z.string().describe('ECDH'),
        PublicKey: bytes.describe('The other side\'s public key, SubjectPublicKeyInfo in DER'),
        GrantTokens: grantTokens,
        DryRun: dryRun,
        Recipient: recipient,
      }),
    )
    .output(z.object({ KeyId: z.string(), SharedSecret: bytes, KeyAgreementAlgorithm: z.string(), KeyOrigin: z.string() })),
  GenerateDataKeyPair: operation.input(z.object({ ...dataKeyPair, Recipient: recipient })).output(z.object({ ...dataKeyPairAnswer, PrivateKeyPlaintext: bytes })),
  GenerateDataKeyPairWithoutPlaintext: operation.input(z.object(dataKeyPair)).output(z.object(dataKeyPairAnswer)),
  Encapsulate: operation
    .input(z.object(encapsulation))
    .output(z.object({ KeyId: z.string(), SharedSecret: bytes, SharedSecretCiphertextBlob: bytes, EncapsulationAlgorithm: z.string() })),
  Decapsulate: operation
    .input(z.object({ ...encapsulation, SharedSecretCiphertextBlob: bytes }))
    .output(z.object({ KeyId: z.string(), SharedSecret: bytes, EncapsulationAlgorithm: z.string() })),
  CreateGrant: operation
    .input(
      z.object({
        KeyId: keyId,
        GranteePrincipal: z.string().describe('ARN of who is lent the right'),
        RetiringPrincipal: z.string().optional().describe('ARN of who may retire the grant'),
        Operations: z.array(z.string()),
        Constraints: grantConstraints.optional(),
        GrantTokens: grantTokens,
        Name: z.string().optional().describe('Makes a second try of the same creation the same grant'),
        DryRun: dryRun,
      }),
    )
    .output(z.object({ GrantToken: z.string(), GrantId: z.string() })),
  ListGrants: operation
    .input(z.object({ KeyId: keyId, GrantId: z.string().optional(), GranteePrincipal: z.string().optional(), Limit: limit, Marker: marker }))
    .output(grantPage),
  ListRetirableGrants: operation.input(z.object({ RetiringPrincipal: z.string(), Limit: limit, Marker: marker })).output(grantPage),
  RetireGrant: operation
    .input(z.object({ GrantToken: z.string().optional(), KeyId: keyId.optional(), GrantId: z.string().optional(), DryRun: dryRun }))
    .output(nothing),
  RevokeGrant: operation.input(z.object({ KeyId: keyId, GrantId: z.string(), DryRun: dryRun })).output(nothing),
  GenerateRandom: operation.input(z.object({ NumberOfBytes: z.int().optional().describe('1 to 1024'), Recipient: recipient })).output(z.object({ Plaintext: bytes })),
}

export type KmsOperation = keyof typeof kms
