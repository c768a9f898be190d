import { DEFAULT_WAITING_PERIOD, deletesAt, RUNNING_TIME_NEEDED } from '#core/keys/deletion.ts'
import { requireState } from '#core/keys/states.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Journal } from '../journal.ts'
import type { Operation, Targeted } from '../operation.ts'
import { currentKey, findKey, keyState, type KeyTarget } from './keys.ts'

export interface ScheduledDeletion {
  KeyId: string
  /** Absent while replicas must go first: the waiting period begins after the last of them. */
  DeletionDate?: Date
  KeyState: 'PendingDeletion' | 'PendingReplicaDeletion'
  PendingWindowInDays: number
}

/** The way to a key's end, and back: it is unusable at once, and nothing is destroyed before the waiting period is over. */
export function deleteKeys({ ambient, journal }: { ambient: Ambient; journal: Journal }) {
  const scheduleKeyDeletion: Operation<{ KeyId: string; PendingWindowInDays?: number | undefined }, KeyTarget, ScheduledDeletion> = {
    name: 'ScheduleKeyDeletion',
    action: 'kms:ScheduleKeyDeletion',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, pendingWindowInDays: input.PendingWindowInDays ?? DEFAULT_WAITING_PERIOD }),
    check: (input) => { requireConstraints('ScheduleKeyDeletion', input) },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'key'),
    perform: (_call, target, input) => ({
      settle(tables) {
        const key = currentKey(tables, target)
        requireState('ScheduleKeyDeletion', keyState(key), target.arn)
        journal.requireSettled(tables, target.key.id, target.arn)
        const days = input.PendingWindowInDays ?? DEFAULT_WAITING_PERIOD
        if (key.multiRegion === 'PRIMARY' && tables.keys.related(key.id).length > 1) {
          tables.keys.setState(key, 'PendingReplicaDeletion')
          tables.keys.setPendingWindow(key, days)
          return { KeyId: target.arn, KeyState: 'PendingReplicaDeletion', PendingWindowInDays: days }
        }
        // From the latest time that this vault has seen: a clock that is set back must not shorten the wait.
        const at = deletesAt(Math.max(ambient.now(), tables.deletions.lastSeen()), days)
        tables.keys.setState(key, 'PendingDeletion')
        tables.keys.setDeletesAt(key, at)
        return { KeyId: target.arn, DeletionDate: new Date(at), KeyState: 'PendingDeletion', PendingWindowInDays: days }
      },
      response: (output) => ({ keyId: output.KeyId, keyState: output.KeyState, ...(output.DeletionDate && { deletionDate: output.DeletionDate.toISOString() }) }),
    }),
  }

  const cancelKeyDeletion: Operation<{ KeyId: string }, KeyTarget, { KeyId: string }> = {
    name: 'CancelKeyDeletion',
    action: 'kms:CancelKeyDeletion',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('CancelKeyDeletion', input) },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'key'),
    perform: (_call, target) => ({
      settle(tables) {
        const key = currentKey(tables, target)
        requireState('CancelKeyDeletion', keyState(key), target.arn)
        // Once an intent to destroy is durable, some of the material may be gone already.
        if (tables.intents.ofKey(target.key.id).length > 0) throw new VaultError('KMSInvalidStateException', { keyArn: target.arn, because: 'being destroyed' })
        // Imported material that went meanwhile must come back first.
        const missing = key.origin === 'EXTERNAL' && (key.currentMaterial === undefined || tables.materials.ofKey(key.id).some(({ imported }) => imported?.present === false))
        tables.keys.setState(key, missing ? 'PendingImport' : 'Disabled')
        tables.keys.setDeletesAt(key, undefined)
        tables.keys.setPendingWindow(key, undefined)
        tables.deletions.forget(key)
        return { KeyId: target.arn }
      },
    }),
  }

  const confirmTime: Operation<{ lastSeen: Date; now: Date }, Targeted, { due: number }> = {
    name: 'ConfirmTime',
    action: 'holdfast:ConfirmTime',
    readOnly: false,
    request: (input) => ({ lastSeen: input.lastSeen.toISOString(), now: input.now.toISOString() }),
    check: () => undefined,
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: (_call, _target, input) => ({
      settle(tables) {
        const now = ambient.now()
        if (input.lastSeen.getTime() !== tables.deletions.lastSeen() || Math.abs(input.now.getTime() - now) > 60_000) {
          throw new VaultError('ValidationException', { text: 'The two times are not those that the vault shows now: look again before confirming.' })
        }
        tables.deletions.setSeen(now)
        const due = tables.keys.dueForDeletion(now)
        // A person's word stands in for the day of running time.
        for (const key of due) tables.deletions.addRunningTime(key, RUNNING_TIME_NEEDED)
        return { due: due.length }
      },
      response: (output) => ({ dueDeletions: output.due }),
    }),
  }

  return { scheduleKeyDeletion, cancelKeyDeletion, confirmTime }
}
