import { requireAlgorithm, requireUsage } from '#core/keys/specs.ts'
import { requireState, type KeyOperation } from '#core/keys/states.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { MaterialRow, Scope, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { EncryptionContext, KeyUsage } from '#core/vocabulary/kms.ts'
import type { Call } from '../operation.ts'
import { currentKey, currentMaterial, findKey, keyState, type KeyTarget } from './keys.ts'

/** A call that uses one material of one key. */
export interface MaterialTarget extends KeyTarget {
  readonly material: MaterialRow
}

/** The key that an operation of this usage and algorithm uses, in a state that allows it, with its current material. */
export function usableTarget(tables: Tables, scope: Scope, operation: KeyOperation, use: { KeyId: string; usage: KeyUsage; algorithm: string }): MaterialTarget {
  const target = findKey(tables, scope, use.KeyId, 'any')
  requireUsage(operation, target.key, target.arn, use.usage)
  requireAlgorithm(target.key, use.algorithm)
  requireState(operation, keyState(target.key), target.arn)
  return { ...target, material: currentMaterial(tables, target.key) }
}

/** Inside the settling transaction: the key must still allow it, and the use is noted. */
export function settleUse(ambient: Ambient, tables: Tables, call: Call, operation: KeyOperation, target: KeyTarget): void {
  requireState(operation, keyState(currentKey(tables, target)), target.arn)
  tables.keys.setLastUsed(target.key, { operation, at: ambient.now(), eventId: call.eventId, requestId: call.requestId })
}

/** What the record keeps of any use: no message and no result. */
export function recordedUse(input: { EncryptionContext?: EncryptionContext | undefined; DryRun?: boolean | undefined }): Record<string, Json> {
  return {
    ...(input.EncryptionContext === undefined ? {} : { encryptionContext: input.EncryptionContext }),
    ...(input.DryRun === undefined ? {} : { dryRun: input.DryRun }),
  }
}
