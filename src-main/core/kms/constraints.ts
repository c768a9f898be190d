import { grantOperations } from '../access/grant.ts'
import { VaultError } from '../vocabulary/failures.ts'
import {
  dataKeyPairSpecs, dataKeySpecs, encapsulationAlgorithms, encryptionAlgorithms, expirationModels, importTypes, keyAgreementAlgorithms, keySpecs, keyUsages, macAlgorithms,
  messageTypes, signingAlgorithms, wrappingAlgorithms, wrappingKeySpecs,
} from '../vocabulary/kms.ts'

// The limits of each operation's members, as the service model states them, refused in the service's own words.
// The contract's schemas say shape only: what is wrong in value is refused here, behind authentication, and audited.

type Constraint =
  | { readonly length: readonly [least: number, most: number]; readonly pattern?: string; readonly secret?: true }
  | { readonly value: readonly [least: number, most: number] }
  | { readonly oneOf: readonly string[] }
  | { readonly everyOneOf: readonly string[] }
  | { readonly each: Readonly<Record<string, Constraint>> }
  | { readonly items: readonly [least: number, most: number] }
  /** A member that AWS KMS knows and Holdfast does not serve: refused, never ignored. */
  | { readonly unsupported: string }

type Constraints = Readonly<Record<string, Constraint>>

// Enum members of the real service: a name outside is a ValidationException, one that Holdfast has not an UnsupportedOperationException.
const ALL_KEY_SPECS = [...keySpecs, 'SM2'] as const
const ALL_ALGORITHMS = [...encryptionAlgorithms, 'SM2PKE'] as const
const ALL_SIGNING_ALGORITHMS = [...signingAlgorithms, 'SM2DSA'] as const
const ALL_KEY_PAIR_SPECS = [...dataKeyPairSpecs, 'SM2'] as const
const ORIGINS = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const

const keyId: Constraint = { length: [1, 2048] }
const aliasName: Constraint = { length: [1, 256], pattern: '^[a-zA-Z0-9:/_-]+$' }
const keyMaterialId: Constraint = { length: [64, 64], pattern: '[a-f0-9]+' }
const grantTokens: Constraint = { items: [0, 10] }
const grantId: Constraint = { length: [1, 128] }
const principal: Constraint = { length: [1, 256], pattern: '^[\\w+=,.@:/-]+$' }
const marker: Constraint = { length: [1, 1024], pattern: '[\\u0020-\\u00FF]*' }
const policyName: Constraint = { length: [1, 128], pattern: '[\\w]+' }
const tags: Constraint = { each: { TagKey: { length: [1, 128] }, TagValue: { length: [0, 256] } } }
// The model's pattern is that of AWS's own Region names; a vault has whatever Regions were declared.
const region: Constraint = { length: [1, 32] }
const recipient: Constraint = { unsupported: 'Recipient is not supported: Holdfast checks no attestation documents.' }
const dryRunModifiers: Constraint = { everyOneOf: ['IGNORE_CIPHERTEXT'] }
const dataKey: Constraints = {
  KeyId: keyId,
  KeySpec: { oneOf: Object.keys(dataKeySpecs) },
  NumberOfBytes: { value: [1, 1024] },
  GrantTokens: grantTokens,
  Recipient: recipient,
}

const dataKeyPair: Constraints = { KeyId: keyId, KeyPairSpec: { oneOf: ALL_KEY_PAIR_SPECS }, GrantTokens: grantTokens, Recipient: recipient }
const signed: Constraints = {
  KeyId: keyId,
  Message: { length: [0, 4096], secret: true },
  MessageType: { oneOf: messageTypes },
  SigningAlgorithm: { oneOf: ALL_SIGNING_ALGORITHMS },
  GrantTokens: grantTokens,
}
const authenticated: Constraints = {
  KeyId: keyId,
  Message: { length: [1, 4096], secret: true },
  MacAlgorithm: { oneOf: macAlgorithms },
  GrantTokens: grantTokens,
}
const encapsulation: Constraints = { KeyId: keyId, EncapsulationAlgorithm: { oneOf: encapsulationAlgorithms }, GrantTokens: grantTokens }

const constraints = {
  CreateKey: {
    Description: { length: [0, 8192] },
    Policy: { length: [1, 131_072] },
    KeyUsage: { oneOf: keyUsages },
    KeySpec: { oneOf: ALL_KEY_SPECS },
    CustomerMasterKeySpec: { oneOf: ALL_KEY_SPECS },
    Origin: { oneOf: ORIGINS },
    Tags: tags,
  },
  DescribeKey: { KeyId: keyId, GrantTokens: grantTokens },
  ListKeys: { Limit: { value: [1, 1000] }, Marker: marker },
  EnableKey: { KeyId: keyId },
  DisableKey: { KeyId: keyId },
  GetParametersForImport: { KeyId: keyId, WrappingAlgorithm: { oneOf: wrappingAlgorithms }, WrappingKeySpec: { oneOf: wrappingKeySpecs } },
  ImportKeyMaterial: {
    KeyId: keyId,
    ImportToken: { length: [1, 6144], secret: true },
    EncryptedKeyMaterial: { length: [1, 6144], secret: true },
    ExpirationModel: { oneOf: expirationModels },
    ImportType: { oneOf: importTypes },
    KeyMaterialDescription: { length: [0, 256], pattern: '[a-zA-Z0-9:/_\\s.-]*' },
    KeyMaterialId: keyMaterialId,
  },
  DeleteImportedKeyMaterial: { KeyId: keyId, KeyMaterialId: keyMaterialId },
  CreateAlias: { AliasName: aliasName, TargetKeyId: keyId },
  DeleteAlias: { AliasName: aliasName },
  ListAliases: { KeyId: keyId, Limit: { value: [1, 100] }, Marker: marker },
  Encrypt: { KeyId: keyId, Plaintext: { length: [1, 4096], secret: true }, EncryptionAlgorithm: { oneOf: ALL_ALGORITHMS }, GrantTokens: grantTokens },
  Decrypt: {
    KeyId: keyId,
    CiphertextBlob: { length: [1, 6144], secret: true },
    EncryptionAlgorithm: { oneOf: ALL_ALGORITHMS },
    GrantTokens: grantTokens,
    DryRunModifiers: dryRunModifiers,
    Recipient: recipient,
  },
  GenerateDataKey: dataKey,
  GenerateDataKeyWithoutPlaintext: dataKey,
  GetKeyLastUsage: { KeyId: keyId },
  UpdateAlias: { AliasName: aliasName, TargetKeyId: keyId },
  UpdateKeyDescription: { KeyId: keyId, Description: { length: [0, 8192] } },
  TagResource: { KeyId: keyId, Tags: tags },
  UntagResource: { KeyId: keyId, TagKeys: { items: [0, 200] } },
  ListResourceTags: { KeyId: keyId, Limit: { value: [1, 50] }, Marker: marker },
  GetKeyPolicy: { KeyId: keyId, PolicyName: policyName },
  PutKeyPolicy: { KeyId: keyId, PolicyName: policyName, Policy: { length: [1, 131_072] } },
  ListKeyPolicies: { KeyId: keyId, Limit: { value: [1, 1000] }, Marker: marker },
  ReEncrypt: {
    CiphertextBlob: { length: [1, 6144], secret: true },
    SourceKeyId: keyId,
    DestinationKeyId: keyId,
    SourceEncryptionAlgorithm: { oneOf: ALL_ALGORITHMS },
    DestinationEncryptionAlgorithm: { oneOf: ALL_ALGORITHMS },
    GrantTokens: grantTokens,
    DryRunModifiers: dryRunModifiers,
  },
  EnableKeyRotation: { KeyId: keyId, RotationPeriodInDays: { value: [90, 2560] } },
  DisableKeyRotation: { KeyId: keyId },
  GetKeyRotationStatus: { KeyId: keyId },
  ListKeyRotations: { KeyId: keyId, IncludeKeyMaterial: { oneOf: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] }, Limit: { value: [1, 1000] }, Marker: marker },
  RotateKeyOnDemand: { KeyId: keyId },
  // The model says 1 to 365; the service takes 7 to 30.
  ScheduleKeyDeletion: { KeyId: keyId, PendingWindowInDays: { value: [7, 30] } },
  CancelKeyDeletion: { KeyId: keyId },
  ReplicateKey: { KeyId: keyId, ReplicaRegion: region, Description: { length: [0, 8192] }, Policy: { length: [1, 131_072] }, Tags: tags },
  UpdatePrimaryRegion: { KeyId: keyId, PrimaryRegion: region },
  Sign: signed,
  Verify: { ...signed, Signature: { length: [1, 6144], secret: true } },
  GenerateMac: authenticated,
  VerifyMac: { ...authenticated, Mac: { length: [1, 6144], secret: true } },
  GetPublicKey: { KeyId: keyId, GrantTokens: grantTokens },
  DeriveSharedSecret: {
    KeyId: keyId,
    KeyAgreementAlgorithm: { oneOf: keyAgreementAlgorithms },
    PublicKey: { length: [1, 8192], secret: true },
    GrantTokens: grantTokens,
    Recipient: recipient,
  },
  GenerateDataKeyPair: dataKeyPair,
  GenerateDataKeyPairWithoutPlaintext: dataKeyPair,
  Encapsulate: encapsulation,
  Decapsulate: { ...encapsulation, SharedSecretCiphertextBlob: { length: [1, 6144], secret: true } },
  CreateGrant: {
    KeyId: keyId,
    GranteePrincipal: principal,
    RetiringPrincipal: principal,
    Operations: { everyOneOf: grantOperations },
    GrantTokens: grantTokens,
    Name: { length: [1, 256], pattern: '^[a-zA-Z0-9:/_-]+$' },
  },
  ListGrants: { KeyId: keyId, GrantId: grantId, GranteePrincipal: principal, Limit: { value: [1, 100] }, Marker: marker },
  ListRetirableGrants: { RetiringPrincipal: principal, Limit: { value: [1, 100] }, Marker: marker },
  RetireGrant: { GrantToken: { length: [1, 8192] }, KeyId: keyId, GrantId: grantId },
  RevokeGrant: { KeyId: keyId, GrantId: grantId },
  GenerateRandom: { NumberOfBytes: { value: [1, 1024] }, Recipient: recipient },
} as const satisfies Record<string, Constraints>

/** Operations of AWS KMS that have constraints: all that Holdfast serves. */
export type ConstrainedOperation = keyof typeof constraints

/** Throws UnsupportedOperationException for a member that is not served, and ValidationException that lists every member outside its limits. Absent members are the schema's business. */
export function requireConstraints(operation: ConstrainedOperation, input: object): void {
  const found = violations(constraints[operation], { ...input }, '')
  if (found.length === 0) return
  const errors = found.length === 1 ? '1 validation error' : `${found.length} validation errors`
  throw new VaultError('ValidationException', { text: `${errors} detected: ${found.join('; ')}` })
}

function violations(rows: Constraints, input: Readonly<Record<string, unknown>>, path: string): string[] {
  return Object.entries(rows).flatMap(([member, constraint]) => {
    const value = input[member]
    return value === undefined ? [] : memberViolations(constraint, value, path + lowerFirst(member))
  })
}

function memberViolations(constraint: Constraint, value: unknown, path: string): string[] {
  if ('each' in constraint) {
    return (value as readonly Readonly<Record<string, unknown>>[]).flatMap((item, i) => violations(constraint.each, item, `${path}.${i + 1}.member.`))
  }
  if ('unsupported' in constraint) throw new VaultError('UnsupportedOperationException', { text: constraint.unsupported })
  if ('everyOneOf' in constraint) {
    return (value as readonly string[]).flatMap((item, i) => memberViolations({ oneOf: constraint.everyOneOf }, item, `${path}.${i + 1}.member`))
  }
  if ('items' in constraint) return bounds(constraint.items, (value as readonly unknown[]).length, 'length', undefined, path)
  if ('oneOf' in constraint) {
    if (constraint.oneOf.includes(value as string)) return []
    return [violation(value as string, path, `Member must satisfy enum value set: [${constraint.oneOf.join(', ')}]`)]
  }
  if ('value' in constraint) return bounds(constraint.value, value as number, 'value', String(value), path)
  // A secret's value is never repeated; the real service does not repeat it either.
  const shown = constraint.secret ? undefined : (value as string)
  const found = bounds(constraint.length, (value as string | Uint8Array).length, 'length', shown, path)
  if (constraint.pattern !== undefined && typeof value === 'string' && !new RegExp(`^(?:${constraint.pattern})$`, 'u').test(value)) {
    found.push(violation(value, path, `Member must satisfy regular expression pattern: ${constraint.pattern}`))
  }
  return found
}

function bounds([least, most]: readonly [number, number], actual: number, what: 'length' | 'value', shown: string | undefined, path: string): string[] {
  if (actual < least) return [violation(shown, path, `Member must have ${what} greater than or equal to ${least}`)]
  if (actual > most) return [violation(shown, path, `Member must have ${what} less than or equal to ${most}`)]
  return []
}

function violation(shown: string | undefined, path: string, rule: string): string {
  const value = shown === undefined ? 'Value' : `Value '${shown}'`
  return `${value} at '${path}' failed to satisfy constraint: ${rule}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
