import { keyArn } from '#core/keys/arn.ts'
import { algorithmLists, type AlgorithmLists } from '#core/keys/specs.ts'
import type { KeyRow } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { keyState } from './keys.ts'

/** AWS KMS KeyMetadata. */
export interface KeyMetadata extends AlgorithmLists {
  AWSAccountId: string
  KeyId: string
  Arn: string
  CreationDate: Date
  Enabled: boolean
  Description: string
  KeyUsage: string
  KeyState: string
  Origin: string
  KeyManager: 'CUSTOMER'
  CustomerMasterKeySpec: string
  KeySpec: string
  MultiRegion: boolean
  CurrentKeyMaterialId?: string
  DeletionDate?: Date
}

export function keyMetadata(key: KeyRow): KeyMetadata {
  const state = keyState(key)
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: new Date(key.createdAt),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    Origin: key.origin,
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...algorithmLists(key),
    MultiRegion: false,
    // AWS KMS tells it of symmetric keys only: others have one material for ever.
    ...(key.spec === 'SYMMETRIC_DEFAULT' ? { CurrentKeyMaterialId: key.currentMaterial } : {}),
    ...(key.deletesAt === undefined ? {} : { DeletionDate: new Date(key.deletesAt) }),
  }
}

/** The metadata as an audit record keeps it. */
export function recordedMetadata(key: KeyMetadata): Json {
  return { keyMetadata: { keyId: key.KeyId, arn: key.Arn, keySpec: key.KeySpec, keyUsage: key.KeyUsage, origin: key.Origin, description: key.Description } }
}
