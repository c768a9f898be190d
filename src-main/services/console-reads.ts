import { keyArn } from '#core/keys/arn.ts'
import { clockIsBehind } from '#core/keys/deletion.ts'
import { algorithmLists } from '#core/keys/specs.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, MaterialRow, Scope, Tables } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import type { KeyId, MemberId } from '#core/vocabulary/ids.ts'
import type { KeyState, ProtectionLevel, SealingRung, Tag } from '#core/vocabulary/kms.ts'
import { findKey, keyState, currentKey, type KeyTarget } from './kms/keys.ts'
import type { Members } from './members.ts'
import type { Operation, Targeted } from './operation.ts'

/** A key as a list shows it: DescribeKey and ListAliases in one. */
export interface KeyView {
  keyId: string
  arn: string
  aliases: string[]
  state: KeyState
  spec: string
  usage: string
  origin: string
  protection: ProtectionLevel
  description: string
  createdAt: Date
  lastUsed?: { operation: string; at: Date }
  rotation?: { periodDays: number; nextAt: Date }
  deletesAt?: Date
}

export interface KeyDetail extends KeyView {
  account: string
  region: string
  related: { region: string; arn: string; role: 'PRIMARY' | 'REPLICA'; state: KeyState }[]
  pendingWindow?: number
  algorithms: string[]
  policy: string
  tags: Tag[]
  materials: { materialId: string; current: boolean; createdAt: Date; cause: MaterialRow['cause']; member: string; ckaId: string; rung?: SealingRung; encryptions?: number }[]
}

/** The console's own reads: recorded like every call, under names of ours. */
export function consoleReads({ ambient, members }: { ambient: Ambient; members: Members }) {
  const listKeyViews: Operation<{ after?: string | undefined; limit: number }, Targeted, { rows: KeyView[]; total: number; next?: string }> = {
    name: 'ListKeyViews',
    action: 'kms:ListKeys',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: (call, _target, input) => ({
      settle(tables) {
        const rows = tables.keys.page(call.scope, input.after as KeyId | undefined, input.limit)
        const last = rows.length === input.limit ? rows.at(-1) : undefined
        return { rows: rows.map((key) => keyView(tables, key)), total: tables.keys.count(call.scope), ...(last === undefined ? {} : { next: last.id }) }
      },
    }),
  }

  const readKeyView: Operation<{ keyId: string }, KeyTarget, KeyDetail> = {
    name: 'ReadKeyView',
    action: 'kms:DescribeKey',
    readOnly: true,
    request: (input) => ({ keyId: input.keyId }),
    check: () => undefined,
    target: (tables, scope, input) => findKey(tables, scope, input.keyId, 'any'),
    perform: (_call, target) => ({ settle: (tables) => keyDetail(tables, currentKey(tables, target), memberNames(members)) }),
  }

  const readClock: Operation<object, Targeted, { lastSeen: Date; now: Date; behind: boolean; dueDeletions: number }> = {
    name: 'ReadClock',
    action: 'holdfast:ReadClock',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: () => ({
      settle(tables) {
        const now = ambient.now()
        const lastSeen = tables.deletions.lastSeen()
        return { lastSeen: new Date(lastSeen), now: new Date(now), behind: clockIsBehind(now, lastSeen), dueDeletions: tables.keys.dueForDeletion(now).length }
      },
    }),
  }

  return { listKeyViews, readKeyView, readClock }
}

function keyView(tables: Tables, key: KeyRow): KeyView {
  return {
    keyId: key.id,
    arn: keyArn(key),
    aliases: aliasesOf(tables, key),
    state: keyState(key),
    spec: key.spec,
    usage: key.usage,
    origin: key.origin,
    protection: key.protection,
    description: key.description,
    createdAt: new Date(key.createdAt),
    ...(key.lastUsed === undefined ? {} : { lastUsed: { operation: key.lastUsed.operation, at: new Date(key.lastUsed.at) } }),
    ...(key.rotation === undefined ? {} : { rotation: { periodDays: key.rotation.periodDays, nextAt: new Date(key.rotation.nextAt) } }),
    ...(key.deletesAt === undefined ? {} : { deletesAt: new Date(key.deletesAt) }),
  }
}

function keyDetail(tables: Tables, key: KeyRow, names: ReadonlyMap<MemberId, string>): KeyDetail {
  return {
    ...keyView(tables, key),
    account: key.account,
    region: key.region,
    related: relatedOf(tables, key),
    ...(key.pendingWindow === undefined ? {} : { pendingWindow: key.pendingWindow }),
    algorithms: Object.values({ ...algorithmLists(key) }).flat(),
    policy: key.policy,
    tags: tables.keys.tags(key),
    materials: tables.materials.ofKey(key.id).map((material) => ({
      materialId: material.id,
      current: material.id === key.currentMaterial,
      createdAt: new Date(material.createdAt),
      cause: material.cause,
      member: names.get(material.memberId) ?? material.memberId,
      ckaId: toHex(material.ckaId),
      ...(material.rung === undefined ? {} : { rung: material.rung }),
      ...(material.rung === 1 ? { encryptions: material.reserved } : {}),
    })),
  }
}

function relatedOf(tables: Tables, key: KeyRow): KeyDetail['related'] {
  return tables.keys.related(key.id).flatMap((each) => (each.multiRegion === undefined ? [] : [{ region: each.region, arn: keyArn(each), role: each.multiRegion, state: keyState(each) }]))
}

function aliasesOf(tables: Tables, key: KeyRow & Scope): string[] {
  return tables.aliases.page(key, key.id, undefined, 50).map((alias) => alias.name)
}

function memberNames(members: Members): ReadonlyMap<MemberId, string> {
  return new Map(members.list().map(({ row }) => [row.id, row.name]))
}
