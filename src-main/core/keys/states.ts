import type { KeyState } from '../vocabulary/kms.ts'
import { VaultError } from '../vocabulary/failures.ts'

// Which operation works in which key state: AWS KMS developer guide, "Key states of AWS KMS keys", with the failures that its
// footnotes name. A table, so that a new operation or state is a row or a column.

type Verdict = 'ok' | 'disabled' | 'pending deletion as disabled' | 'pending deletion' | 'not pending deletion' | 'unavailable'

/** The guide has one column for PendingDeletion and PendingReplicaDeletion. */
type Column = Exclude<KeyState, 'PendingReplicaDeletion'>

const use = { Enabled: 'ok', Disabled: 'disabled', PendingDeletion: 'pending deletion as disabled', Unavailable: 'unavailable' } as const
const manage = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'pending deletion', Unavailable: 'ok' } as const
const rotate = { Enabled: 'ok', Disabled: 'disabled', PendingDeletion: 'pending deletion', Unavailable: 'unavailable' } as const
const always = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'ok', Unavailable: 'ok' } as const

const matrix = {
  CancelKeyDeletion: { Enabled: 'not pending deletion', Disabled: 'not pending deletion', PendingDeletion: 'ok', Unavailable: 'not pending deletion' },
  CreateAlias: manage,
  CreateGrant: use,
  DeleteAlias: always,
  DescribeKey: always,
  DisableKey: manage,
  DisableKeyRotation: rotate,
  EnableKey: manage,
  EnableKeyRotation: rotate,
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
  GetKeyRotationStatus: always,
  GetPublicKey: use,
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

/** Throws DisabledException, KMSInvalidStateException or KeyUnavailableException if the operation does not work in this state. */
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
    case 'unavailable':
      throw new VaultError('KMSInvalidStateException', { keyArn, because: 'unavailable' })
  }
}

function pending(state: KeyState): 'pending deletion' | 'pending replica deletion' {
  return state === 'PendingReplicaDeletion' ? 'pending replica deletion' : 'pending deletion'
}
