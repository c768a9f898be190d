import { newKeyPolicy } from '#core/keys/policy.ts'
import { requireState, type KeyOperation } from '#core/keys/states.ts'
import { withTags } from '#core/keys/tags.ts'
import { requireConstraints, type ConstrainedOperation } from '#core/kms/constraints.ts'
import type { KeyRow, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Tag } from '#core/vocabulary/kms.ts'
import type { Operation } from '../operation.ts'
import { currentKey, findKey, keyState, type KeyTarget } from './keys.ts'
import { pageOf } from './page.ts'

export interface KeyRequest {
  KeyId: string
}

type Name = KeyOperation & ConstrainedOperation

/** What is said about keys: description, tags, policy, last use. None of it touches the HSM. */
export function describeKeys() {
  const updateKeyDescription = onKey<KeyRequest & { Description: string }, Record<never, never>>('UpdateKeyDescription', false, {
    recorded: (input) => ({ description: input.Description }),
    settle(tables, key, input) {
      tables.keys.setDescription(key, input.Description)
      return {}
    },
  })

  const tagResource = onKey<KeyRequest & { Tags: Tag[] }, Record<never, never>>('TagResource', false, {
    recorded: (input) => ({ tags: input.Tags.map((tag) => ({ tagKey: tag.TagKey, tagValue: tag.TagValue })) }),
    settle(tables, key, input) {
      tables.keys.setTags(key, withTags(key.tags, input.Tags))
      return {}
    },
  })

  const untagResource = onKey<KeyRequest & { TagKeys: string[] }, Record<never, never>>('UntagResource', false, {
    recorded: (input) => ({ tagKeys: input.TagKeys }),
    settle(tables, key, input) {
      tables.keys.setTags(key, key.tags.filter((tag) => !input.TagKeys.includes(tag.TagKey)))
      return {}
    },
  })

  const listResourceTags = onKey<KeyRequest & PageRequest, { Tags: Tag[]; Truncated: boolean; NextMarker?: string }>('ListResourceTags', true, {
    settle(_tables, key, input) {
      // Reserved, read-only and outside the 50: how the key's material is held.
      const all: Tag[] = [...key.tags, { TagKey: 'holdfast:protection', TagValue: key.protection }]
      const fetch = (after: string | undefined, limit: number): Tag[] => {
        const from = after === undefined ? 0 : all.findIndex((tag) => tag.TagKey === after) + 1
        return all.slice(from, from + limit)
      }
      const { rows, ...page } = pageOf(input, 50, fetch, (tag) => tag.TagKey)
      return { Tags: rows, ...page }
    },
  })

  const getKeyPolicy = onKey<KeyRequest & { PolicyName?: string | undefined }, { Policy: string; PolicyName: string }>('GetKeyPolicy', true, {
    settle(_tables, key, input) {
      requireDefaultPolicy(input.PolicyName)
      return { Policy: key.policy, PolicyName: 'default' }
    },
  })

  const putKeyPolicy = onKey<PutKeyPolicyRequest, Record<never, never>>('PutKeyPolicy', false, {
    recorded: (input) => ({ policyName: input.PolicyName ?? 'default', policy: input.Policy }),
    settle(tables, key, input) {
      requireDefaultPolicy(input.PolicyName)
      tables.keys.setPolicy(key, newKeyPolicy(input.Policy))
      return {}
    },
  })

  const listKeyPolicies = onKey<KeyRequest & PageRequest, { PolicyNames: string[]; Truncated: boolean }>('ListKeyPolicies', true, {
    settle: () => ({ PolicyNames: ['default'], Truncated: false }),
  })

  const getKeyLastUsage = onKey<KeyRequest, LastUsage>('GetKeyLastUsage', true, {
    settle(_tables, key) {
      const use = key.lastUsed
      return {
        ...(use === undefined
          ? {}
          : { KeyLastUsage: { Operation: use.operation, Timestamp: new Date(use.at), CloudTrailEventId: use.eventId, KmsRequestId: use.requestId } }),
        KeyId: key.id,
        TrackingStartDate: new Date(key.createdAt),
        KeyCreationDate: new Date(key.createdAt),
      }
    },
  })

  return { updateKeyDescription, tagResource, untagResource, listResourceTags, getKeyPolicy, putKeyPolicy, listKeyPolicies, getKeyLastUsage }
}

export interface PageRequest {
  Limit?: number | undefined
  Marker?: string | undefined
}

export interface PutKeyPolicyRequest extends KeyRequest {
  PolicyName?: string | undefined
  Policy: string
  BypassPolicyLockoutSafetyCheck?: boolean | undefined
}

export interface LastUsage {
  KeyId: string
  KeyLastUsage?: { Operation: string; Timestamp: Date; CloudTrailEventId: string; KmsRequestId: string }
  TrackingStartDate: Date
  KeyCreationDate: Date
}

/** An operation on one key that only reads or writes the store. */
function onKey<Input extends KeyRequest, Output>(
  name: Name,
  readOnly: boolean,
  does: { recorded?: (input: Input) => Readonly<Record<string, Json>>; settle: (tables: Tables, key: KeyRow, input: Input) => Output },
): Operation<Input, KeyTarget, Output> {
  return {
    name,
    action: `kms:${name}`,
    readOnly,
    request: (input) => ({ keyId: input.KeyId, ...does.recorded?.(input) }),
    check: (input) => { requireConstraints(name, input) },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'key'),
    perform: (_call, target, input) => ({
      settle(tables) {
        const key = currentKey(tables, target)
        requireState(name, keyState(key), target.arn)
        return does.settle(tables, key, input)
      },
    }),
  }
}

function requireDefaultPolicy(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw new VaultError('NotFoundException', { text: 'No such policy exists' })
}
