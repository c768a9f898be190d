import { keyArn } from '#core/keys/arn.ts'
import { algorithmLists, type AlgorithmLists } from '#core/keys/specs.ts'
import type { KeyRow, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { ExpirationModel } from '#core/vocabulary/kms.ts'
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
  MultiRegionConfiguration?: MultiRegionConfiguration
  CurrentKeyMaterialId?: string
  DeletionDate?: Date
  /** Of keys of origin EXTERNAL: the earliest of all their material. */
  ValidTo?: Date
  ExpirationModel?: ExpirationModel
  PendingDeletionWindowInDays?: number
}

/** AWS KMS MultiRegionConfiguration. */
export interface MultiRegionConfiguration {
  MultiRegionKeyType: 'PRIMARY' | 'REPLICA'
  PrimaryKey: MultiRegionKey
  ReplicaKeys: MultiRegionKey[]
}

export interface MultiRegionKey {
  Arn: string
  Region: string
}

/** `tables` must hold the key. */
export function keyMetadata(tables: Tables, key: KeyRow): KeyMetadata {
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
    MultiRegion: key.multiRegion !== undefined,
    ...multiRegion(tables, key),
    // AWS KMS tells it of symmetric keys only: others have one material for ever.
    ...(key.spec === 'SYMMETRIC_DEFAULT' && key.currentMaterial !== undefined ? { CurrentKeyMaterialId: key.currentMaterial } : {}),
    ...(key.deletesAt === undefined ? {} : { DeletionDate: new Date(key.deletesAt) }),
    ...expiration(tables, key),
    ...(key.pendingWindow === undefined ? {} : { PendingDeletionWindowInDays: key.pendingWindow }),
  }
}

function expiration(tables: Tables, key: KeyRow): Pick<KeyMetadata, 'ValidTo' | 'ExpirationModel'> {
  if (key.origin !== 'EXTERNAL') return {}
  const present = tables.materials.ofKey(key.id).flatMap(({ imported }) => (imported?.present === true ? [imported.expiresAt ?? Infinity] : []))
  if (present.length === 0) return {}
  const first = Math.min(...present)
  return first === Infinity ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(first) }
}

function multiRegion(tables: Tables, key: KeyRow): { MultiRegionConfiguration?: MultiRegionConfiguration } {
  if (key.multiRegion === undefined) return {}
  const named = (row: KeyRow): MultiRegionKey => ({ Arn: keyArn(row), Region: row.region })
  const [primary = key, ...replicas] = tables.keys.related(key.id)
  return { MultiRegionConfiguration: { MultiRegionKeyType: key.multiRegion, PrimaryKey: named(primary), ReplicaKeys: replicas.map(named) } }
}

/** The metadata as an audit record keeps it. */
export function recordedMetadata(key: KeyMetadata): Json {
  return { keyMetadata: { keyId: key.KeyId, arn: key.Arn, keySpec: key.KeySpec, keyUsage: key.KeyUsage, origin: key.Origin, description: key.Description } }
}
