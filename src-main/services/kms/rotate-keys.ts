import { IMPORT_TEXTS } from '#core/keys/import.ts'
import { requireOrigin, requireState } from '#core/keys/states.ts'
import { DEFAULT_ROTATION_PERIOD, ON_DEMAND_LIMIT, rotationFrom } from '#core/keys/rotation.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { ImportedMaterial, MaterialRow, MemberRow, Tables } from '#core/ports/store.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { ExpirationModel } from '#core/vocabulary/kms.ts'
import type { Journal } from '../journal.ts'
import type { Operation, Settlement } from '../operation.ts'
import { currentKey, currentMaterial, findKey, keyState, requirePrimary, type KeyTarget } from './keys.ts'
import { pageOf } from './page.ts'

export interface RotationStatus {
  KeyId: string
  KeyRotationEnabled: boolean
  RotationPeriodInDays?: number
  NextRotationDate?: Date
}

export interface RotationEntry {
  KeyId: string
  KeyMaterialId: string
  KeyMaterialState: 'CURRENT' | 'NON_CURRENT' | 'PENDING_ROTATION'
  KeyMaterialDescription?: string
  ImportState?: 'IMPORTED' | 'PENDING_IMPORT'
  ExpirationModel?: ExpirationModel
  ValidTo?: Date
  RotationDate?: Date
  RotationType?: 'AUTOMATIC' | 'ON_DEMAND'
}

export interface ListKeyRotationsRequest {
  KeyId: string
  IncludeKeyMaterial?: string | undefined
  Limit?: number | undefined
  Marker?: string | undefined
}

export interface RotateTarget extends KeyTarget {
  /** Where the current material is: new material joins it there. */
  readonly member: MemberRow
}

/** New material for old keys: by schedule and on demand. New material encrypts; all older material still decrypts. */
export function rotateKeys({ ambient, journal }: { ambient: Ambient; journal: Journal }) {
  const enableKeyRotation: Operation<{ KeyId: string; RotationPeriodInDays?: number | undefined }, KeyTarget, Record<never, never>> = {
    name: 'EnableKeyRotation',
    action: 'kms:EnableKeyRotation',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, rotationPeriodInDays: input.RotationPeriodInDays ?? DEFAULT_ROTATION_PERIOD }),
    check: (input) => { requireConstraints('EnableKeyRotation', input) },
    target: (tables, scope, input) => scheduled(findKey(tables, scope, input.KeyId, 'key')),
    perform: (_call, target, input) => ({
      settle(tables) {
        const key = currentKey(tables, target)
        requirePrimary(key, target.arn)
        requireState('EnableKeyRotation', keyState(key), target.arn)
        tables.keys.setRotation(key, rotationFrom(ambient.now(), input.RotationPeriodInDays ?? DEFAULT_ROTATION_PERIOD))
        return {}
      },
    }),
  }

  const disableKeyRotation: Operation<{ KeyId: string }, KeyTarget, Record<never, never>> = {
    name: 'DisableKeyRotation',
    action: 'kms:DisableKeyRotation',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('DisableKeyRotation', input) },
    target: (tables, scope, input) => scheduled(findKey(tables, scope, input.KeyId, 'key')),
    perform: (_call, target) => ({
      settle(tables) {
        const key = currentKey(tables, target)
        requirePrimary(key, target.arn)
        requireState('DisableKeyRotation', keyState(key), target.arn)
        tables.keys.setRotation(key, undefined)
        return {}
      },
    }),
  }

  const getKeyRotationStatus: Operation<{ KeyId: string }, KeyTarget, RotationStatus> = {
    name: 'GetKeyRotationStatus',
    action: 'kms:GetKeyRotationStatus',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('GetKeyRotationStatus', input) },
    target: (tables, scope, input) => scheduled(findKey(tables, scope, input.KeyId, 'key')),
    perform: (_call, target) => ({
      settle(tables) {
        // Rotation is a matter of the primary, and the same for all its replicas.
        const { rotation } = tables.keys.related(target.key.id)[0] ?? currentKey(tables, target)
        if (rotation === undefined) return { KeyId: target.arn, KeyRotationEnabled: false }
        return { KeyId: target.arn, KeyRotationEnabled: true, RotationPeriodInDays: rotation.periodDays, NextRotationDate: new Date(rotation.nextAt) }
      },
    }),
  }

  const listKeyRotations: Operation<ListKeyRotationsRequest, KeyTarget, { Rotations: RotationEntry[]; Truncated: boolean; NextMarker?: string }> = {
    name: 'ListKeyRotations',
    action: 'kms:ListKeyRotations',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('ListKeyRotations', input) },
    target: (tables, scope, input) => rotatable(findKey(tables, scope, input.KeyId, 'key')),
    perform: (_call, target, input) => ({
      settle(tables) {
        const { currentMaterial: current } = currentKey(tables, target)
        const materials = tables.materials.ofKey(target.key.id).filter((row) => row.cause !== 'CREATE' || input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL')
        const fetch = (after: string | undefined, limit: number): MaterialRow[] => {
          const from = after === undefined ? 0 : materials.findIndex((row) => row.id === after) + 1
          return materials.slice(from, from + limit)
        }
        const { rows, ...page } = pageOf(input, 100, fetch, (row) => row.id)
        return { Rotations: rows.map((row) => rotationEntry(target.arn, row, row.id === current)), ...page }
      },
    }),
  }

  const rotateKeyOnDemand: Operation<{ KeyId: string }, RotateTarget, { KeyId: string }> = {
    name: 'RotateKeyOnDemand',
    action: 'kms:RotateKeyOnDemand',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('RotateKeyOnDemand', input) },
    target(tables, scope, input) {
      const target = rotatable(findKey(tables, scope, input.KeyId, 'key'))
      requirePrimary(target.key, target.arn)
      requireState('RotateKeyOnDemand', keyState(target.key), target.arn)
      requireOnDemandLeft(tables, target)
      journal.requireSettled(tables, target.key.id, target.arn)
      const member = tables.members.get(currentMaterial(tables, target.key).memberId) ?? unreachable('material of an unknown member')
      return { ...target, member }
    },
    async perform(_call, target) {
      if (target.key.origin === 'EXTERNAL') return rotateToImported(target)
      const made = await journal.createMaterial(target.key.id, target.member, 'ON_DEMAND')
      return {
        settle(tables) {
          requireState('RotateKeyOnDemand', keyState(currentKey(tables, target)), target.arn)
          requireOnDemandLeft(tables, target)
          made.settle(tables)
          tables.keys.setCurrentMaterial(target.key.id, made.material.id)
          return { KeyId: target.arn }
        },
        response: () => ({ keyId: target.arn, keyMaterialId: made.material.id }),
        abandon: () => made.abandon(),
      }
    },
  }

  /** The new material is in the token already: nothing but the store changes. */
  function rotateToImported(target: KeyTarget): Settlement<{ KeyId: string }> {
    let material: MaterialRow | undefined
    return {
      settle(tables) {
        requireState('RotateKeyOnDemand', keyState(currentKey(tables, target)), target.arn)
        requireOnDemandLeft(tables, target)
        journal.requireSettled(tables, target.key.id, target.arn)
        material = tables.materials.ofKey(target.key.id).find(({ imported }) => imported?.pendingRotation === true && imported.present)
        if (material?.imported === undefined) throw new VaultError('KMSInvalidStateException', { text: IMPORT_TEXTS.nonePending(target.arn) })
        tables.materials.setImported(material.id, { ...material.imported, pendingRotation: false, rotatedAt: ambient.now() })
        tables.keys.setCurrentMaterial(target.key.id, material.id)
        return { KeyId: target.arn }
      },
      response: () => ({ keyId: target.arn, keyMaterialId: material?.id ?? null }),
    }
  }

  return { enableKeyRotation, disableKeyRotation, getKeyRotationStatus, listKeyRotations, rotateKeyOnDemand }
}

/** Only symmetric keys rotate. AWS KMS gives no reason. */
function rotatable(target: KeyTarget): KeyTarget {
  if (target.key.spec !== 'SYMMETRIC_DEFAULT') throw new VaultError('UnsupportedOperationException', { text: '' })
  return target
}

/** Only material that was made here is renewed by a schedule. */
function scheduled(target: KeyTarget): KeyTarget {
  requireOrigin(rotatable(target).key, 'AWS_KMS', target.arn)
  return target
}

function rotationEntry(arn: string, row: MaterialRow, current: boolean): RotationEntry {
  return {
    KeyId: arn,
    KeyMaterialId: row.id,
    KeyMaterialState: current ? 'CURRENT' : row.imported?.pendingRotation === true ? 'PENDING_ROTATION' : 'NON_CURRENT',
    ...(row.imported && importedEntry(row.imported)),
    ...(row.cause === 'CREATE' || row.imported?.pendingRotation === true ? {} : { RotationDate: new Date(row.imported?.rotatedAt ?? row.createdAt), RotationType: row.cause }),
  }
}

function importedEntry({ present, expiresAt, description }: ImportedMaterial): Partial<RotationEntry> {
  return {
    ImportState: present ? 'IMPORTED' : 'PENDING_IMPORT',
    ...(description === undefined ? {} : { KeyMaterialDescription: description }),
    ...(expiresAt === undefined ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(expiresAt) }),
  }
}

function requireOnDemandLeft(tables: Tables, target: KeyTarget): void {
  const used = tables.materials.ofKey(target.key.id).filter((row) => row.cause === 'ON_DEMAND' && row.imported?.pendingRotation !== true).length
  if (used < ON_DEMAND_LIMIT) return
  throw new VaultError('LimitExceededException', {
    text: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${target.arn}`,
  })
}
