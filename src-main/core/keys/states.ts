import type { KeyOrigin, KeyState } from '../vocabulary/kms.ts'
import { VaultError } from '../vocabulary/failures.ts'

// Which operation works in which key state: AWS KMS developer guide, "Key states of AWS KMS keys", with the failures that its
// footnotes name. A table, so that a new operation or state is a row or a column.

type Verdict = 'ok' | 'disabled' | 'pending deletion as disabled' | 'pending deletion' | 'not pending deletion' | 'pending import' | 'external' | 'unavailable'

/** The guide has one column for PendingDeletion and PendingReplicaDeletion. */
type Column = Exclude<KeyState, 'PendingReplicaDeletion'>

const use = { Enabled: 'ok', Disabled: 'disabled', PendingDeletion: 'pending deletion as disabled', PendingImport: 'pending import', Unavailable: 'unavailable' } as const
const manage = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'pending deletion', PendingImport: 'ok', Unavailable: 'ok' } as const
/** Only a key with material is switched on and off. */
const toggle = { ...manage, PendingImport: 'pending import' } as const
const rotate = { Enabled: 'ok', Disabled: 'disabled', PendingDeletion: 'pending deletion', PendingImport: 'pending import', Unavailable: 'unavailable' } as const
/** Automatic rotation: never of material that the service did not make. */
const schedule = { ...rotate, PendingImport: 'external' } as const
const always = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'ok', PendingImport: 'ok', Unavailable: 'ok' } as const
/** Of keys whose material comes from outside, which are in no custom key store. */
const bring = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'pending deletion', PendingImport: 'ok', Unavailable: 'unavailable' } as const

const matrix = {
  CancelKeyDeletion: { Enabled: 'not pending deletion', Disabled: 'not pending deletion', PendingDeletion: 'ok', PendingImport: 'not pending deletion', Unavailable: 'not pending deletion' },
  CreateAlias: manage,
  CreateGrant: use,
  DeleteAlias: always,
  DeleteImportedKeyMaterial: { ...always, Unavailable: 'unavailable' },
  DescribeKey: always,
  DisableKey: toggle,
  DisableKeyRotation: schedule,
  EnableKey: toggle,
  EnableKeyRotation: schedule,
  Decapsulate: use,
  Decrypt: use,
  DeriveSharedSecret: use,
  Encapsulate: use,
  Encrypt: use,
  GenerateDataKey: use,
  GenerateDataKeyWithoutPlaintext: use,
  GenerateDataKeyPair: use,
  GenerateDataKeyPairWithoutPlaintext: use,
  GenerateMac: use,
  GetKeyLastUsage: always,
  GetKeyPolicy: always,
  GetKeyRotationStatus: { ...always, PendingImport: 'external' },
  GetParametersForImport: bring,
  GetPublicKey: use,
  ImportKeyMaterial: bring,
  ListAliases: always,
  ListGrants: always,
  ListKeyPolicies: always,
  ListKeyRotations: always,
  ListResourceTags: always,
  PutKeyPolicy: always,
  ReEncrypt: use,
  ReplicateKey: use,
  RetireGrant: always,
  RevokeGrant: always,
  RotateKeyOnDemand: rotate,
  ScheduleKeyDeletion: manage,
  Sign: use,
  TagResource: manage,
  UntagResource: manage,
  UpdateAlias: manage,
  UpdateKeyDescription: manage,
  UpdatePrimaryRegion: use,
  Verify: use,
  VerifyMac: use,
} as const satisfies Record<string, Record<Column, Verdict>>

/** Operations that need a key in a fitting state. */
export type KeyOperation = keyof typeof matrix

/** Throws DisabledException, KMSInvalidStateException or UnsupportedOperationException if the operation does not work in this state. */
export function requireState(operation: KeyOperation, state: KeyState, keyArn: string): void {
  const verdict: Verdict = matrix[operation][state === 'PendingReplicaDeletion' ? 'PendingDeletion' : state]
  switch (verdict) {
    case 'ok':
      return
    case 'disabled':
      throw new VaultError('DisabledException', { keyArn, because: 'disabled' })
    case 'pending deletion as disabled':
      throw new VaultError('DisabledException', { keyArn, because: pending(state) })
    case 'pending deletion':
      throw new VaultError('KMSInvalidStateException', { keyArn, because: pending(state) })
    case 'not pending deletion':
      throw new VaultError('KMSInvalidStateException', { keyArn, because: 'not pending deletion' })
    case 'pending import':
      throw new VaultError('KMSInvalidStateException', { keyArn, because: 'pending import' })
    case 'external':
      throw originNotValid(keyArn, 'EXTERNAL')
    case 'unavailable':
      throw new VaultError('KMSInvalidStateException', { keyArn, because: 'unavailable' })
  }
}

function pending(state: KeyState): 'pending deletion' | 'pending replica deletion' {
  return state === 'PendingReplicaDeletion' ? 'pending replica deletion' : 'pending deletion'
}

/** Throws UnsupportedOperationException unless the key's material is from there. */
export function requireOrigin(key: { readonly origin: KeyOrigin }, origin: KeyOrigin, keyArn: string): void {
  if (key.origin !== origin) throw originNotValid(keyArn, key.origin)
}

function originNotValid(keyArn: string, origin: KeyOrigin): VaultError {
  return new VaultError('UnsupportedOperationException', { text: `${keyArn} origin is ${origin} which is not valid for this operation.` })
}
