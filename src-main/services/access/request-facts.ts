import { constraintTypes, type GrantConstraints } from '#core/access/grant.ts'
import type { ConstrainedOperation } from '#core/kms/constraints.ts'
import type { Tag } from '#core/vocabulary/kms.ts'

/** An operation's input, or what stands for it on one of several resources. */
export type Members = Readonly<Record<string, unknown>>

type Read = (value: unknown) => readonly (readonly [key: string, values: readonly string[] | undefined])[]

const text = (key: string): Read => (value) => [[key, [String(value)]]]
const texts = (key: string): Read => (value) => [[key, (value as readonly unknown[]).map(String)]]

/** How a member of a request reads as condition keys (AWS KMS, "AWS KMS condition keys"); keys are in lower case. */
const members = {
  EncryptionContext: contextFacts,
  EncryptionAlgorithm: text('kms:encryptionalgorithm'),
  SigningAlgorithm: text('kms:signingalgorithm'),
  MacAlgorithm: text('kms:macalgorithm'),
  MessageType: text('kms:messagetype'),
  KeyAgreementAlgorithm: text('kms:keyagreementalgorithm'),
  KeyPairSpec: text('kms:datakeypairspec'),
  KeySpec: text('kms:keyspec'),
  CustomerMasterKeySpec: text('kms:keyspec'),
  KeyUsage: text('kms:keyusage'),
  Origin: text('kms:keyorigin'),
  MultiRegion: text('kms:multiregion'),
  BypassPolicyLockoutSafetyCheck: text('kms:bypasspolicylockoutsafetycheck'),
  PendingWindowInDays: text('kms:schedulekeydeletionpendingwindowindays'),
  RotationPeriodInDays: text('kms:rotationperiodindays'),
  ReplicaRegion: text('kms:replicaregion'),
  PrimaryRegion: text('kms:primaryregion'),
  WrappingAlgorithm: text('kms:wrappingalgorithm'),
  WrappingKeySpec: text('kms:wrappingkeyspec'),
  ExpirationModel: text('kms:expirationmodel'),
  ValidTo: (value) => [['kms:validto', [(value as Date).toISOString()]]],
  SameKey: text('kms:reencryptonsamekey'),
  /** The alias that the request names its key by. */
  KeyId: (value) => [['kms:requestalias', aliasName(String(value))]],
  GranteePrincipal: text('kms:granteeprincipal'),
  RetiringPrincipal: text('kms:retiringprincipal'),
  Operations: texts('kms:grantoperations'),
  Constraints: (value) => [['kms:grantconstrainttype', constraintTypes(value as GrantConstraints)]],
  Tags: tagFacts,
  TagKeys: texts('aws:tagkeys'),
} satisfies Record<string, Read>

type Member = keyof typeof members

const cipher = ['KeyId', 'EncryptionContext', 'EncryptionAlgorithm'] as const
const dataKey = ['KeyId', 'EncryptionContext'] as const
const signing = ['KeyId', 'SigningAlgorithm', 'MessageType'] as const
const mac = ['KeyId', 'MacAlgorithm'] as const
const bare = [] as const

/**
 * Which members of each operation count as conditions; who calls, and what the key is, count everywhere. An operation of AWS KMS that has no
 * row does not compile.
 */
const rows: Readonly<Record<ConstrainedOperation, readonly Member[]>> = {
  CancelKeyDeletion: bare,
  CreateAlias: bare,
  CreateGrant: ['GranteePrincipal', 'RetiringPrincipal', 'Operations', 'Constraints'],
  CreateKey: ['KeySpec', 'CustomerMasterKeySpec', 'KeyUsage', 'Origin', 'MultiRegion', 'BypassPolicyLockoutSafetyCheck', 'Tags'],
  Decapsulate: ['KeyId'],
  Decrypt: cipher,
  DeleteAlias: bare,
  DeleteImportedKeyMaterial: bare,
  DeriveSharedSecret: ['KeyId', 'KeyAgreementAlgorithm'],
  DescribeKey: ['KeyId'],
  DisableKey: bare,
  DisableKeyRotation: bare,
  EnableKey: bare,
  EnableKeyRotation: ['RotationPeriodInDays'],
  Encapsulate: ['KeyId'],
  Encrypt: cipher,
  GenerateDataKey: dataKey,
  GenerateDataKeyPair: [...dataKey, 'KeyPairSpec'],
  GenerateDataKeyPairWithoutPlaintext: [...dataKey, 'KeyPairSpec'],
  GenerateDataKeyWithoutPlaintext: dataKey,
  GenerateMac: mac,
  GenerateRandom: bare,
  GetKeyLastUsage: bare,
  GetKeyPolicy: bare,
  GetKeyRotationStatus: bare,
  GetParametersForImport: ['WrappingAlgorithm', 'WrappingKeySpec'],
  GetPublicKey: ['KeyId'],
  ImportKeyMaterial: ['ExpirationModel', 'ValidTo'],
  ListAliases: bare,
  ListGrants: bare,
  ListKeyPolicies: bare,
  ListKeyRotations: bare,
  ListKeys: bare,
  ListResourceTags: bare,
  ListRetirableGrants: bare,
  PutKeyPolicy: ['BypassPolicyLockoutSafetyCheck'],
  ReEncrypt: [...cipher, 'SameKey'],
  ReplicateKey: ['ReplicaRegion', 'BypassPolicyLockoutSafetyCheck', 'Tags'],
  RetireGrant: bare,
  RevokeGrant: bare,
  RotateKeyOnDemand: bare,
  ScheduleKeyDeletion: ['PendingWindowInDays'],
  Sign: signing,
  TagResource: ['Tags'],
  UntagResource: ['TagKeys'],
  UpdateAlias: bare,
  UpdateKeyDescription: bare,
  UpdatePrimaryRegion: ['PrimaryRegion'],
  Verify: signing,
  VerifyMac: mac,
}

/** What AWS takes a member to be where a request leaves it out. */
const assumed: Readonly<Partial<Record<string, Members>>> = {
  CreateKey: { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Origin: 'AWS_KMS', MultiRegion: false },
  Encrypt: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  Decrypt: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  ReEncrypt: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  ScheduleKeyDeletion: { PendingWindowInDays: 30 },
  Sign: { MessageType: 'RAW' },
  Verify: { MessageType: 'RAW' },
}

/** The condition keys of one request, by lower-case name. */
export function requestFacts(operation: string, input: Members): ReadonlyMap<string, readonly string[]> {
  const facts = new Map<string, readonly string[]>()
  const given = { ...assumed[operation], ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) }
  for (const member of (rows as Readonly<Partial<Record<string, readonly Member[]>>>)[operation] ?? []) {
    const value = given[member]
    if (value === undefined) continue
    for (const [key, values] of members[member](value)) if (values !== undefined) facts.set(key, values)
  }
  return facts
}

/** Pair by pair, and the keys; keys that differ in case only are one condition key, with both values. */
function contextFacts(value: unknown): ReturnType<Read> {
  const pairs = Object.entries(value as Readonly<Record<string, string>>)
  if (pairs.length === 0) return []
  const facts = new Map<string, string[]>()
  for (const [name, each] of pairs) {
    const key = `kms:encryptioncontext:${name.toLowerCase()}`
    facts.set(key, [...(facts.get(key) ?? []), each])
  }
  return [...facts, ['kms:encryptioncontextkeys', pairs.map(([name]) => name)]]
}

function tagFacts(value: unknown): ReturnType<Read> {
  const tags = value as readonly Tag[]
  return [...tags.map((tag) => [`aws:requesttag/${tag.TagKey.toLowerCase()}`, [tag.TagValue]] as const), ['aws:tagkeys', tags.map((tag) => tag.TagKey)]]
}

function aliasName(keyId: string): string[] | undefined {
  const name = /(?:^|:)(alias\/.+)$/.exec(keyId)?.[1]
  return name === undefined ? undefined : [name]
}
