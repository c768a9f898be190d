import { keyArn } from '#core/keys/arn.ts'
import { parseReference, type ReferenceForms } from '#core/keys/reference.ts'
import { aliasArn } from '#core/keys/arn.ts'
import type { KeyRow, MaterialRow, Scope, Tables } from '#core/ports/store.ts'
import { VaultError, unreachable } from '#core/vocabulary/failures.ts'
import type { KeyState } from '#core/vocabulary/kms.ts'
import type { Targeted } from '../operation.ts'

/** A call about one key. */
export interface KeyTarget extends Targeted {
  readonly key: KeyRow
  readonly arn: string
}

/** The key that a KeyId member names. Throws NotFoundException with AWS's texts. */
export function findKey(tables: Tables, scope: Scope, text: string, forms: ReferenceForms): KeyTarget {
  const reference = parseReference(text, scope, forms)
  if (reference.kind === 'alias') {
    const alias = tables.aliases.get(reference.scope, reference.name)
    if (alias === undefined) throw new VaultError('NotFoundException', { text: `Alias ${aliasArn(reference.scope, reference.name)} is not found.` })
    return keyTarget(tables.keys.get({ id: alias.keyId, region: alias.region }) ?? unreachable('alias of a key that is not there'))
  }
  const key = tables.keys.get({ id: reference.id, region: reference.scope.region })
  if (key === undefined || key.account !== reference.scope.account) {
    throw new VaultError('NotFoundException', { text: `Key '${keyArn({ ...reference.scope, id: reference.id })}' does not exist` })
  }
  return keyTarget(key)
}

export function keyTarget(key: KeyRow): KeyTarget {
  const arn = keyArn(key)
  return { key, arn, resources: [{ arn, account: key.account }] }
}

/** The key as it is now, inside the settling transaction: another call may have changed it since. */
export function currentKey(tables: Tables, target: KeyTarget): KeyRow {
  return tables.keys.get(target.key) ?? unreachable('key vanished without a deletion')
}

export function currentMaterial(tables: Tables, key: KeyRow): MaterialRow {
  return (key.currentMaterial && tables.materials.get(key.currentMaterial)) ?? unreachable('key without its current material')
}

/** Throws UnsupportedOperationException for a replica: what concerns all related keys is done to their primary. */
export function requirePrimary(key: KeyRow, arn: string): void {
  if (key.multiRegion === 'REPLICA') throw new VaultError('UnsupportedOperationException', { text: `${arn} is not a multi-region primary key.` })
}

/** KeyState of the API. */
export function keyState(key: KeyRow): KeyState {
  return key.state
}
