import { keyArn } from '#core/keys/arn.ts'
import { defaultKeyPolicy, newKeyPolicy } from '#core/keys/policy.ts'
import { requireState } from '#core/keys/states.ts'
import { newTags } from '#core/keys/tags.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, Tables } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asRegion, type Region } from '#core/vocabulary/ids.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Journal } from '../journal.ts'
import type { Operation } from '../operation.ts'
import { currentKey, findKey, keyState, type KeyTarget } from './keys.ts'
import { keyMetadata, recordedMetadata, type KeyMetadata } from './metadata.ts'

export interface ReplicateKeyRequest {
  KeyId: string
  ReplicaRegion: string
  Policy?: string | undefined
  BypassPolicyLockoutSafetyCheck?: boolean | undefined
  Description?: string | undefined
  Tags?: Tag[] | undefined
}

export interface Replica {
  ReplicaKeyMetadata: KeyMetadata
  ReplicaPolicy: string
  ReplicaTags: Tag[]
}

/** A call about a primary and one other Region. */
export interface RegionTarget extends KeyTarget {
  readonly region: Region
}

/**
 * Multi-Region keys: a Region is a namespace of the vault, and related keys share one id and all material. Neither operation touches the HSM,
 * so each is one transaction, and nobody ever sees the states Creating and Updating.
 */
export function replicateKeys({ ambient, journal }: { ambient: Ambient; journal: Journal }) {
  const replicateKey: Operation<ReplicateKeyRequest, RegionTarget, Replica> = {
    name: 'ReplicateKey',
    action: 'kms:ReplicateKey',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, replicaRegion: input.ReplicaRegion, description: input.Description ?? '' }),
    check(input) {
      requireConstraints('ReplicateKey', input)
      if (input.Policy !== undefined) newKeyPolicy(input.Policy)
      newTags(input.Tags ?? [])
    },
    target(tables, scope, input) {
      const target = primaryTarget(tables, findKey(tables, scope, input.KeyId, 'key'), input.ReplicaRegion)
      // The new key's own Region decides too (kms:CreateKey there), as in AWS KMS.
      const arn = keyArn({ ...target.key, region: target.region })
      return { ...target, resources: [...target.resources, { arn, account: scope.account, action: 'kms:CreateKey' }] }
    },
    perform: (_call, target, input) => ({
      settle(tables) {
        const primary = currentKey(tables, target)
        requirePrimaryKey(primary, target.arn)
        requireState('ReplicateKey', keyState(primary), target.arn)
        journal.requireSettled(tables, primary.id, target.arn)
        const replica = replicaOf(primary, target.region, input, ambient.now())
        if (tables.keys.get(replica) !== undefined) throw new VaultError('AlreadyExistsException', { text: `Key ${keyArn(replica)} already exists` })
        tables.keys.insert(replica)
        return { ReplicaKeyMetadata: keyMetadata(tables, replica), ReplicaPolicy: replica.policy, ReplicaTags: [...replica.tags] }
      },
      response: (output) => recordedMetadata(output.ReplicaKeyMetadata),
    }),
  }

  const updatePrimaryRegion: Operation<{ KeyId: string; PrimaryRegion: string }, RegionTarget, Record<never, never>> = {
    name: 'UpdatePrimaryRegion',
    action: 'kms:UpdatePrimaryRegion',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, primaryRegion: input.PrimaryRegion }),
    check: (input) => { requireConstraints('UpdatePrimaryRegion', input) },
    target(tables, scope, input) {
      const target = primaryTarget(tables, findKey(tables, scope, input.KeyId, 'key'), input.PrimaryRegion)
      const arn = keyArn({ ...target.key, region: target.region })
      return { ...target, resources: [...target.resources, { arn, account: scope.account }] }
    },
    perform: (_call, target) => ({
      settle(tables) {
        const former = currentKey(tables, target)
        requirePrimaryKey(former, target.arn)
        requireState('UpdatePrimaryRegion', keyState(former), target.arn)
        journal.requireSettled(tables, former.id, target.arn)
        const next = tables.keys.get({ id: former.id, region: target.region })
        const arn = keyArn({ ...former, region: target.region })
        if (next === undefined) throw new VaultError('NotFoundException', { text: `Key '${arn}' does not exist` })
        if (next.multiRegion === 'PRIMARY') throw new VaultError('UnsupportedOperationException', { text: `${arn} is the multi-region primary key already.` })
        requireState('UpdatePrimaryRegion', keyState(next), arn)
        tables.keys.setMultiRegion(former, 'REPLICA')
        tables.keys.setMultiRegion(next, 'PRIMARY')
        // What is the primary's business moves with its rank.
        tables.keys.setRotation(next, former.rotation)
        tables.keys.setRotation(former, undefined)
        return {}
      },
    }),
  }

  return { replicateKey, updatePrimaryRegion }
}

function primaryTarget(tables: Tables, target: KeyTarget, regionText: string): RegionTarget {
  requirePrimaryKey(target.key, target.arn)
  const region = asRegion(regionText)
  if (region === undefined || !tables.vault.declares({ account: target.key.account, region })) {
    throw new VaultError('ValidationException', { text: 'The Region is not one of this vault: add it first (holdfast region add).' })
  }
  return { ...target, region }
}

function requirePrimaryKey(key: KeyRow, arn: string): void {
  if (key.multiRegion !== 'PRIMARY') throw new VaultError('UnsupportedOperationException', { text: `${arn} is not a multi-region primary key.` })
}

/** Shares id, material and what they imply with its primary; everything else is its own. */
function replicaOf(primary: KeyRow, region: Region, input: ReplicateKeyRequest, now: number): KeyRow {
  return {
    ...primary,
    region,
    state: 'Enabled',
    description: input.Description ?? '',
    policy: input.Policy ?? defaultKeyPolicy(primary.account),
    createdAt: now,
    tags: newTags(input.Tags ?? []),
    rotation: undefined,
    deletesAt: undefined,
    multiRegion: 'REPLICA',
    pendingWindow: undefined,
    lastUsed: undefined,
  }
}
