import { ALIASES_PER_KEY, newAliasName } from '#core/keys/aliases.ts'
import { aliasArn } from '#core/keys/arn.ts'
import { requireState } from '#core/keys/states.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, Scope, Tables } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { AliasName } from '#core/vocabulary/ids.ts'
import type { Operation, Targeted } from '../operation.ts'
import { currentKey, findKey, keyState, keyTarget, type KeyTarget } from './keys.ts'
import { pageOf } from './page.ts'

export interface ListAliasesRequest {
  KeyId?: string | undefined
  Limit?: number | undefined
  Marker?: string | undefined
}

export interface ListAliasesResponse {
  Aliases: { AliasName: string; AliasArn: string; TargetKeyId: string; CreationDate: Date; LastUpdatedDate: Date }[]
  Truncated: boolean
  NextMarker?: string
}

/** The operations on names of keys. */
export function manageAliases({ ambient }: { ambient: Ambient }) {
  const createAlias: Operation<{ AliasName: string; TargetKeyId: string }, KeyTarget, Record<never, never>> = {
    name: 'CreateAlias',
    action: 'kms:CreateAlias',
    readOnly: false,
    request: (input) => ({ aliasName: input.AliasName, targetKeyId: input.TargetKeyId }),
    check(input) {
      requireConstraints('CreateAlias', input)
      newAliasName(input.AliasName)
    },
    target: (tables, scope, input) => findKey(tables, scope, input.TargetKeyId, 'key'),
    perform: (call, target, input) => ({
      settle(tables) {
        const name = newAliasName(input.AliasName)
        requireState('CreateAlias', keyState(currentKey(tables, target)), target.arn)
        if (tables.aliases.get(call.scope, name) !== undefined) {
          throw new VaultError('AlreadyExistsException', { text: `An alias with the name ${aliasArn(call.scope, name)} already exists` })
        }
        requireAliasLeft(tables, target)
        const now = ambient.now()
        tables.aliases.insert({ ...call.scope, name, keyId: target.key.id, createdAt: now, updatedAt: now })
        return {}
      },
    }),
  }

  const updateAlias: Operation<{ AliasName: string; TargetKeyId: string }, KeyTarget, Record<never, never>> = {
    name: 'UpdateAlias',
    action: 'kms:UpdateAlias',
    readOnly: false,
    request: (input) => ({ aliasName: input.AliasName, targetKeyId: input.TargetKeyId }),
    check: (input) => { requireConstraints('UpdateAlias', input) },
    target: (tables, scope, input) => findKey(tables, scope, input.TargetKeyId, 'key'),
    perform: (call, target, input) => ({
      settle(tables) {
        const name = input.AliasName as AliasName
        const alias = tables.aliases.get(call.scope, name)
        const former = alias && tables.keys.get({ id: alias.keyId, region: alias.region })
        if (former === undefined) throw notFound(call.scope, name)
        const key = currentKey(tables, target)
        requireState('UpdateAlias', keyState(key), target.arn)
        if (kindOf(former) !== kindOf(key)) {
          throw new VaultError('ValidationException', { text: `Alias ${aliasArn(call.scope, name)} cannot be moved to a key of another type or usage.` })
        }
        if (former.id !== key.id) requireAliasLeft(tables, target)
        tables.aliases.setKey(call.scope, name, key.id, ambient.now())
        return {}
      },
    }),
  }

  const deleteAlias: Operation<{ AliasName: string }, AliasTarget, Record<never, never>> = {
    name: 'DeleteAlias',
    action: 'kms:DeleteAlias',
    readOnly: false,
    request: (input) => ({ aliasName: input.AliasName }),
    check: (input) => { requireConstraints('DeleteAlias', input) },
    target(tables, scope, input) {
      const name = input.AliasName as AliasName
      const alias = tables.aliases.get(scope, name)
      const key = alias && tables.keys.get({ id: alias.keyId, region: alias.region })
      if (key === undefined) throw notFound(scope, name)
      return { name, resources: [{ arn: aliasArn(scope, name), account: scope.account }, ...keyTarget(key).resources] }
    },
    perform: (call, target) => ({
      settle(tables) {
        if (!tables.aliases.remove(call.scope, target.name)) throw notFound(call.scope, target.name)
        return {}
      },
    }),
  }

  const listAliases: Operation<ListAliasesRequest, Targeted & { readonly key: KeyTarget | undefined }, ListAliasesResponse> = {
    name: 'ListAliases',
    action: 'kms:ListAliases',
    readOnly: true,
    request: (input) => (input.KeyId === undefined ? null : { keyId: input.KeyId }),
    check: (input) => { requireConstraints('ListAliases', input) },
    target(tables, scope, input) {
      if (input.KeyId !== undefined) {
        const key = findKey(tables, scope, input.KeyId, 'key')
        return { key, resources: key.resources }
      }
      return { key: undefined, resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:alias/*`, account: scope.account }] }
    },
    perform: (call, target, input) => ({
      settle(tables) {
        const fetch = (after: string | undefined, limit: number) => tables.aliases.page(call.scope, target.key?.key.id, after as AliasName | undefined, limit)
        const { rows, ...page } = pageOf(input, 50, fetch, (row) => row.name)
        const Aliases = rows.map((row) => ({
          AliasName: row.name,
          AliasArn: aliasArn(row, row.name),
          TargetKeyId: row.keyId,
          CreationDate: new Date(row.createdAt),
          LastUpdatedDate: new Date(row.updatedAt),
        }))
        return { Aliases, ...page }
      },
    }),
  }

  return { createAlias, updateAlias, deleteAlias, listAliases }
}

export interface AliasTarget extends Targeted {
  readonly name: AliasName
}

/** What an alias may not change: callers rely on the kind of key behind it. */
function kindOf(key: KeyRow): string {
  return `${key.spec} ${key.usage}`
}

function requireAliasLeft(tables: Tables, target: KeyTarget): void {
  if (tables.aliases.countOfKey(target.key) < ALIASES_PER_KEY) return
  throw new VaultError('LimitExceededException', { text: `The key ${target.arn} has ${ALIASES_PER_KEY} aliases, the most that one key may have.` })
}

function notFound(scope: Scope, name: AliasName): VaultError {
  return new VaultError('NotFoundException', { text: `Alias ${aliasArn(scope, name)} is not found.` })
}
