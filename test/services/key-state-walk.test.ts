import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '#core/vocabulary/failures.ts'
import { cells, failureOfNote } from '../core/key-state-guide.ts'
import { bytes, temporaryVault, type Client, type TemporaryVault } from './temporary-vault.ts'

// Every operation on a key that is really in each state, against the guide's matrix: the failure that its footnote names, or success.
// Unavailable is left out: no key of the default key store gets there. Keys whose material is imported have a walk of their own.

type Kind = 'symmetric' | 'mac' | 'signing' | 'agreement' | 'encapsulation'

interface Subject {
  readonly KeyId: string
  readonly arn: string
  readonly alias: string
  /** Sealed while it was enabled. */
  readonly CiphertextBlob: Uint8Array
  readonly GrantId: string
}

const ROOT = 'arn:aws:iam::441722089135:root'

const SPECS: Readonly<Record<Kind, { KeySpec: string; KeyUsage: string }>> = {
  symmetric: { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' },
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  encapsulation: { KeySpec: 'ML_KEM_512', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
}

let vault: TemporaryVault
let kms: Client['kms']
let other: Subject
let peer: Uint8Array
let made = 0

beforeAll(async () => {
  vault = await temporaryVault()
  kms = vault.api.kms
  for (const region of ['north', 'south']) await vault.api.accounts.addRegion({ region })
  other = await subject('symmetric', 'Enabled')
  peer = (await kms.GetPublicKey({ KeyId: (await subject('agreement', 'Enabled')).KeyId })).PublicKey
})

afterAll(() => vault[Symbol.asyncDispose]())

/** What each operation is called with, on a key of which kind. */
const CALLS: Readonly<Record<string, readonly [Kind, (key: Subject) => Promise<unknown>]>> = {
  CancelKeyDeletion: ['symmetric', ({ KeyId }) => kms.CancelKeyDeletion({ KeyId })],
  CreateAlias: ['symmetric', ({ KeyId, alias }) => kms.CreateAlias({ AliasName: `${alias}-more`, TargetKeyId: KeyId })],
  CreateGrant: ['symmetric', ({ KeyId }) => kms.CreateGrant({ KeyId, GranteePrincipal: ROOT, Operations: ['Encrypt'] })],
  Decapsulate: ['encapsulation', async ({ KeyId }) => kms.Decapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: new Uint8Array(768) })],
  Decrypt: ['symmetric', ({ CiphertextBlob }) => kms.Decrypt({ CiphertextBlob })],
  DeleteAlias: ['symmetric', ({ alias }) => kms.DeleteAlias({ AliasName: alias })],
  DeriveSharedSecret: ['agreement', ({ KeyId }) => kms.DeriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer })],
  DescribeKey: ['symmetric', ({ KeyId }) => kms.DescribeKey({ KeyId })],
  DisableKey: ['symmetric', ({ KeyId }) => kms.DisableKey({ KeyId })],
  DisableKeyRotation: ['symmetric', ({ KeyId }) => kms.DisableKeyRotation({ KeyId })],
  EnableKey: ['symmetric', ({ KeyId }) => kms.EnableKey({ KeyId })],
  EnableKeyRotation: ['symmetric', ({ KeyId }) => kms.EnableKeyRotation({ KeyId })],
  Encapsulate: ['encapsulation', ({ KeyId }) => kms.Encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' })],
  Encrypt: ['symmetric', ({ KeyId }) => kms.Encrypt({ KeyId, Plaintext: bytes('x') })],
  GenerateDataKey: ['symmetric', ({ KeyId }) => kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })],
  GenerateDataKeyPair: ['symmetric', ({ KeyId }) => kms.GenerateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })],
  GenerateDataKeyPairWithoutPlaintext: ['symmetric', ({ KeyId }) => kms.GenerateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })],
  GenerateDataKeyWithoutPlaintext: ['symmetric', ({ KeyId }) => kms.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' })],
  GenerateMac: ['mac', ({ KeyId }) => kms.GenerateMac({ KeyId, Message: bytes('m'), MacAlgorithm: 'HMAC_SHA_256' })],
  GetKeyLastUsage: ['symmetric', ({ KeyId }) => kms.GetKeyLastUsage({ KeyId })],
  GetKeyPolicy: ['symmetric', ({ KeyId }) => kms.GetKeyPolicy({ KeyId })],
  GetKeyRotationStatus: ['symmetric', ({ KeyId }) => kms.GetKeyRotationStatus({ KeyId })],
  GetPublicKey: ['signing', ({ KeyId }) => kms.GetPublicKey({ KeyId })],
  ListAliases: ['symmetric', ({ KeyId }) => kms.ListAliases({ KeyId })],
  ListGrants: ['symmetric', ({ KeyId }) => kms.ListGrants({ KeyId })],
  ListKeyPolicies: ['symmetric', ({ KeyId }) => kms.ListKeyPolicies({ KeyId })],
  ListKeyRotations: ['symmetric', ({ KeyId }) => kms.ListKeyRotations({ KeyId })],
  ListResourceTags: ['symmetric', ({ KeyId }) => kms.ListResourceTags({ KeyId })],
  PutKeyPolicy: ['symmetric', async ({ KeyId }) => kms.PutKeyPolicy({ KeyId, Policy: (await kms.GetKeyPolicy({ KeyId })).Policy })],
  ReEncrypt: ['symmetric', ({ CiphertextBlob }) => kms.ReEncrypt({ CiphertextBlob, DestinationKeyId: other.KeyId })],
  ReplicateKey: ['symmetric', ({ KeyId }) => kms.ReplicateKey({ KeyId, ReplicaRegion: 'south' })],
  RetireGrant: ['symmetric', ({ arn, GrantId }) => kms.RetireGrant({ KeyId: arn, GrantId })],
  RevokeGrant: ['symmetric', ({ KeyId, GrantId }) => kms.RevokeGrant({ KeyId, GrantId })],
  RotateKeyOnDemand: ['symmetric', ({ KeyId }) => kms.RotateKeyOnDemand({ KeyId })],
  ScheduleKeyDeletion: ['symmetric', ({ KeyId }) => kms.ScheduleKeyDeletion({ KeyId })],
  Sign: ['signing', ({ KeyId }) => kms.Sign({ KeyId, Message: bytes('m'), SigningAlgorithm: 'ECDSA_SHA_256' })],
  TagResource: ['symmetric', ({ KeyId }) => kms.TagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  UntagResource: ['symmetric', ({ KeyId }) => kms.UntagResource({ KeyId, TagKeys: ['a'] })],
  UpdateAlias: ['symmetric', ({ KeyId, alias }) => kms.UpdateAlias({ AliasName: alias, TargetKeyId: KeyId })],
  UpdateKeyDescription: ['symmetric', ({ KeyId }) => kms.UpdateKeyDescription({ KeyId, Description: 'd' })],
  UpdatePrimaryRegion: ['symmetric', ({ KeyId }) => kms.UpdatePrimaryRegion({ KeyId, PrimaryRegion: 'north' })],
  Verify: ['signing', async ({ KeyId }) => kms.Verify({ KeyId, Message: bytes('m'), Signature: bytes('no signature'), SigningAlgorithm: 'ECDSA_SHA_256' })],
  VerifyMac: ['mac', ({ KeyId }) => kms.VerifyMac({ KeyId, Message: bytes('m'), Mac: bytes('no mac'), MacAlgorithm: 'HMAC_SHA_256' })],
}

/** Operations that were let in say something of their own about what this test gives them. */
const LET_IN: Readonly<Record<string, string>> = { Verify: 'KMSInvalidSignatureException', VerifyMac: 'KMSInvalidMacException' }

const IMPORT: readonly string[] = ['DeleteImportedKeyMaterial', 'GetParametersForImport', 'ImportKeyMaterial']
const walked = cells.filter(([operation]) => !IMPORT.includes(operation))
const reachable = walked.filter(([, state]) => state !== 'Unavailable' && state !== 'PendingImport')

describe('every operation in every state', () => {
  it('has a call here', () => {
    expect(Object.keys(CALLS).sort()).toEqual([...new Set(walked.map(([operation]) => operation))].sort())
  })

  it.each(reachable)('%s on a key that is %s: %s', async (operation, state, note) => {
    const [kind, call] = CALLS[operation] ?? expect.unreachable()
    const key = await subject(kind, state)
    expect((await kms.DescribeKey({ KeyId: key.KeyId })).KeyMetadata.KeyState).toBe(state)
    const letIn = LET_IN[operation]
    expect(await failureOf(() => call(key))).toEqual(failureOfNote(note, key.arn) ?? (letIn === undefined ? undefined : [letIn, '']))
  })
})

/** A fresh key of a kind in a state: a multi-Region one, with a replica, so that every operation has something to do. */
async function subject(kind: Kind, state: string): Promise<Subject> {
  const { KeyId, Arn: arn } = (await kms.CreateKey({ ...SPECS[kind], MultiRegion: true })).KeyMetadata
  const alias = `alias/walk-${made += 1}`
  await kms.CreateAlias({ AliasName: alias, TargetKeyId: KeyId })
  // A primary with a replica would wait for it first.
  if (state !== 'PendingDeletion') await kms.ReplicateKey({ KeyId, ReplicaRegion: 'north' })
  const CiphertextBlob = kind === 'symmetric' ? (await kms.Encrypt({ KeyId, Plaintext: bytes('x') })).CiphertextBlob : new Uint8Array()
  const { GrantId } = await kms.CreateGrant({ KeyId, GranteePrincipal: ROOT, RetiringPrincipal: ROOT, Operations: ['DescribeKey'] })
  await into[state]?.(KeyId)
  return { KeyId, arn, alias, CiphertextBlob, GrantId }
}

const into: Readonly<Record<string, (KeyId: string) => Promise<unknown>>> = {
  Enabled: () => Promise.resolve(),
  Disabled: (KeyId) => kms.DisableKey({ KeyId }),
  PendingReplicaDeletion: (KeyId) => kms.ScheduleKeyDeletion({ KeyId }),
  PendingDeletion: (KeyId) => kms.ScheduleKeyDeletion({ KeyId }),
}

async function failureOf(call: () => Promise<unknown>): Promise<readonly [string, string] | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (error instanceof VaultError) return [error.code, error.message]
    throw error
  }
}
