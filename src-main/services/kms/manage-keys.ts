import { keyArn } from '#core/keys/arn.ts'
import { defaultKeyPolicy, newKeyPolicy } from '#core/keys/policy.ts'
import { requireImportable } from '#core/keys/import.ts'
import { holdingOf, newKeyUsage, type SpecifiedKey } from '#core/keys/specs.ts'
import { requireState } from '#core/keys/states.ts'
import { newTags } from '#core/keys/tags.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, MemberRow, Tables } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId } from '#core/vocabulary/ids.ts'
import type { KeySpec, KeyUsage, Tag } from '#core/vocabulary/kms.ts'
import type { Journal, NewMaterial } from '../journal.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { PrivateKeys } from '../private-keys.ts'
import { currentKey, findKey, keyState, type KeyTarget } from './keys.ts'
import { keyMetadata, recordedMetadata, type KeyMetadata } from './metadata.ts'
import { pageOf } from './page.ts'
import { requireOnly } from './unsupported.ts'

export interface CreateKeyRequest {
  Description?: string | undefined
  KeyUsage?: string | undefined
  KeySpec?: string | undefined
  CustomerMasterKeySpec?: string | undefined
  Origin?: string | undefined
  Policy?: string | undefined
  BypassPolicyLockoutSafetyCheck?: boolean | undefined
  MultiRegion?: boolean | undefined
  Tags?: Tag[] | undefined
}

export interface CreateTarget extends Targeted {
  readonly member: MemberRow
}

/** The operations that make, list and switch keys. */
export function manageKeys({ ambient, journal, privateKeys }: { ambient: Ambient; journal: Journal; privateKeys: PrivateKeys }) {
  /** Material for a new key in the token; for a sealed one, a key of its own in the token and the private key under it. */
  async function newMaterial(id: KeyId, member: MemberRow, specified: SpecifiedKey): Promise<NewMaterial> {
    const holding = holdingOf(specified)
    const made = await served(specified, () => journal.createMaterial(id, member, 'CREATE', holding))
    if (holding.how !== 'sealed') return made
    try {
      const sealed = await privateKeys.sealNew(made.material, holding.algorithm)
      return { ...made, settle: (tables) => { made.settle(tables, sealed) } }
    } catch (error) {
      await made.abandon()
      throw error
    }
  }

  const createKey: Operation<CreateKeyRequest, CreateTarget, { KeyMetadata: KeyMetadata }> = {
    name: 'CreateKey',
    action: 'kms:CreateKey',
    readOnly: false,
    request: (input) => ({
      description: input.Description ?? '',
      keySpec: input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT',
      ...(input.KeyUsage === undefined ? {} : { keyUsage: input.KeyUsage }),
      origin: input.Origin ?? 'AWS_KMS',
      ...(input.MultiRegion === undefined ? {} : { multiRegion: input.MultiRegion }),
      tags: (input.Tags ?? []).map((tag) => ({ tagKey: tag.TagKey, tagValue: tag.TagValue })),
    }),
    check(input) {
      requireConstraints('CreateKey', input)
      requireServedKey(input)
    },
    target(tables, scope, input) {
      const [member] = tables.members.list()
      if (member === undefined) throw new VaultError('KMSInternalException', { text: 'This vault has no HSM.' })
      requireAbleToken(tables, member, specifiedKey(input))
      if (input.Origin === 'EXTERNAL') requireImportingToken(tables, member)
      return { member, resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }
    },
    async perform(call, target, input) {
      const id = newKeyId(ambient, input.MultiRegion === true)
      const specified = specifiedKey(input)
      const made = input.Origin === 'EXTERNAL' ? undefined : await newMaterial(id, target.member, specified)
      const key: KeyRow = {
        id,
        ...call.scope,
        ...specified,
        origin: made === undefined ? 'EXTERNAL' : 'AWS_KMS',
        protection: holdingOf(specified).how === 'sealed' ? 'SEALED' : 'HSM',
        state: made === undefined ? 'PendingImport' : 'Enabled',
        description: input.Description ?? '',
        policy: input.Policy ?? defaultKeyPolicy(call.scope.account),
        createdAt: ambient.now(),
        currentMaterial: made?.material.id,
        tags: newTags(input.Tags ?? []),
        rotation: undefined,
        deletesAt: undefined,
        multiRegion: input.MultiRegion === true ? 'PRIMARY' : undefined,
        pendingWindow: undefined,
        lastUsed: undefined,
      }
      return {
        settle(tables) {
          tables.keys.insert(key)
          made?.settle(tables)
          return { KeyMetadata: keyMetadata(tables, key) }
        },
        response: (output) => recordedMetadata(output.KeyMetadata),
        abandon: () => made?.abandon(),
      }
    },
  }

  const describeKey: Operation<{ KeyId: string; GrantTokens?: string[] | undefined }, KeyTarget, { KeyMetadata: KeyMetadata }> = {
    name: 'DescribeKey',
    action: 'kms:DescribeKey',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId }),
    check(input) {
      requireConstraints('DescribeKey', input)
    },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'any'),
    perform: (_call, target) => ({ settle: (tables) => ({ KeyMetadata: keyMetadata(tables, currentKey(tables, target)) }) }),
  }

  const listKeys: Operation<ListKeysRequest, Targeted, ListKeysResponse> = {
    name: 'ListKeys',
    action: 'kms:ListKeys',
    readOnly: true,
    request: () => null,
    check: (input) => { requireConstraints('ListKeys', input) },
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: (call, _target, input) => ({
      settle(tables) {
        const { rows, ...page } = pageOf(input, 100, (after, limit) => tables.keys.page(call.scope, after as KeyId | undefined, limit), (row) => row.id)
        return { Keys: rows.map((row) => ({ KeyId: row.id, KeyArn: keyArn(row) })), ...page }
      },
    }),
  }

  const enableKey = switchKey('EnableKey', 'Enabled', journal)
  const disableKey = switchKey('DisableKey', 'Disabled', journal)

  return { createKey, describeKey, listKeys, enableKey, disableKey }
}

export interface ListKeysRequest {
  Limit?: number | undefined
  Marker?: string | undefined
}

export interface ListKeysResponse {
  Keys: { KeyId: string; KeyArn: string }[]
  Truncated: boolean
  NextMarker?: string
}

function switchKey(name: 'EnableKey' | 'DisableKey', state: 'Enabled' | 'Disabled', journal: Journal): Operation<{ KeyId: string }, KeyTarget, Record<never, never>> {
  return {
    name,
    action: `kms:${name}`,
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints(name, input) },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'key'),
    perform: (_call, target) => ({
      settle(tables) {
        requireState(name, keyState(currentKey(tables, target)), target.arn)
        journal.requireSettled(tables, target.key.id, target.arn)
        tables.keys.setState(target.key, state)
        return {}
      },
    }),
  }
}

/** AWS's form of a multi-Region key's id, which its replicas share. */
function newKeyId(ambient: Ambient, multiRegion: boolean): KeyId {
  return (multiRegion ? `mrk-${toHex(ambient.random(16))}` : ambient.uuid()) as KeyId
}

/** Spec and usage of a new key. Throws ValidationException, UnsupportedOperationException. */
function specifiedKey(input: CreateKeyRequest): SpecifiedKey {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  if (spec === 'SM2') throw new VaultError('UnsupportedOperationException', { text: 'KeySpec SM2 is not supported.' })
  // Names of the tables by now: the constraints have seen them.
  return { spec: spec as KeySpec, usage: newKeyUsage(spec as KeySpec, input.KeyUsage as KeyUsage | undefined) }
}

/** Throws UnsupportedOperationException where the profile of the token says that it cannot do what such a key is for. */
function requireAbleToken(tables: Tables, member: MemberRow, specified: SpecifiedKey): void {
  const holding = holdingOf(specified)
  if (holding.how !== 'token') return
  const outcome = tables.profiles.latest(member.serial)?.results[holding.needs]?.outcome
  if (outcome !== undefined && outcome !== 'works') throw unable(member.name, specified)
}

/** Throws UnsupportedOperationException where the profile of the token says that it takes no keys from outside. */
function requireImportingToken(tables: Tables, member: MemberRow): void {
  const outcome = tables.profiles.latest(member.serial)?.results.import?.outcome
  if (outcome !== undefined && outcome !== 'works') throw new VaultError('UnsupportedOperationException', { text: `HSM ${member.name} takes no key material from outside.` })
}

/** A token that was not tried out says itself that it makes no such keys. */
async function served<T>(specified: SpecifiedKey, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof VaultError && error.code === 'KIND_UNSUPPORTED') throw unable(String(error.details['member']), specified)
    throw error
  }
}

function unable(member: string, { spec, usage }: SpecifiedKey): VaultError {
  return new VaultError('UnsupportedOperationException', { text: `HSM ${member} cannot hold keys of KeySpec ${spec} for ${usage}.` })
}

/** Throws for a key that AWS would make and Holdfast cannot yet, and for combinations that AWS refuses. */
function requireServedKey(input: CreateKeyRequest): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined && input.KeySpec !== input.CustomerMasterKeySpec) {
    throw new VaultError('ValidationException', { text: 'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.' })
  }
  const specified = specifiedKey(input)
  if (input.Origin === 'EXTERNAL') {
    requireImportable(specified)
    if (input.MultiRegion === true) {
      throw new VaultError('UnsupportedOperationException', { text: 'Multi-Region keys with imported key material are not supported yet: leave out MultiRegion or Origin EXTERNAL.' })
    }
  } else requireOnly('Origin', input.Origin, 'AWS_KMS')
  if (input.Policy !== undefined) newKeyPolicy(input.Policy)
  newTags(input.Tags ?? [])
}
