import { keyArn } from '#core/keys/arn.ts'
import { clockIsBehind, mayDestroy } from '#core/keys/deletion.ts'
import { rotationAfter } from '#core/keys/rotation.ts'
import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, MaterialRow, Store } from '#core/ports/store.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import { appendRecord, recordedFailure, serviceEvent } from './audit.ts'
import { createCancellation } from './cancellation.ts'
import type { Checkpoints } from './audit/checkpoints.ts'
import type { Journal } from './journal.ts'

/** Between two looks at what is due, in milliseconds. */
const PAUSE = 60_000
/** A rotation that runs so much after its date, in milliseconds, is recorded as late. */
const LATE = 60 * 60 * 1000

/** Does what is due while the vault is open: automatic rotations, the end of waiting periods and of imported material, checkpoints of the audit trail. */
export interface Scheduler {
  /** One look. Resolves when everything due has been done, or has failed and waits for the next look. */
  look(): Promise<void>
  /** Looks every minute from now on, until `stop`. */
  start(): void
  /** Resolves when no look is under way. */
  stop(): Promise<void>
}

export function createScheduler(parts: { ambient: Ambient; store: Store; journal: Journal; checkpoints: Checkpoints; changed: () => void }): Scheduler {
  const { ambient, store, journal } = parts
  const stopping = createCancellation()
  let lastLook: number | undefined
  let underWay: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    const now = ambient.now()
    const ran = lastLook === undefined ? 0 : ambient.monotonic() - lastLook
    lastLook = ambient.monotonic()
    for (const key of store.read((tables) => tables.keys.dueForRotation(now))) {
      if (key.state === 'Enabled') await attempt(key, 'RotateKey', () => rotate(key, now))
    }
    for (const key of await noteDeletions(now, ran)) await attempt(key, 'DeleteKey', () => journal.destroyKey(key))
    for (const material of expired(now)) await expire(material)
    for (const pair of store.read((tables) => tables.wrappingPairs.ended(now))) await unlessRefused(() => journal.destroyWrappingPair(pair))
    await store.write((tables) => { tables.deletions.see(now) })
    await parts.checkpoints.look()
    parts.changed()
  }

  /** Adds running time to what is due, and gives what may be destroyed now. */
  function noteDeletions(now: number, ran: number): Promise<KeyRow[]> {
    return store.write((tables) => {
      const lastSeen = tables.deletions.lastSeen()
      if (clockIsBehind(now, lastSeen)) return []
      return tables.keys.dueForDeletion(now).filter((key) => {
        const runningTime = tables.deletions.runningTime(key)
        tables.deletions.addRunningTime(key, runningTime === undefined ? 0 : ran)
        return mayDestroy({ now, deletesAt: key.deletesAt ?? Infinity, lastSeen, runningTime: tables.deletions.runningTime(key) })
      })
    })
  }

  async function rotate(key: KeyRow, now: number): Promise<void> {
    const schedule = key.rotation ?? unreachable('a rotation without a schedule')
    const member = store.read((tables) => {
      const material = key.currentMaterial && tables.materials.get(key.currentMaterial)
      return material && tables.members.get(material.memberId)
    })
    const made = await journal.createMaterial(key.id, member ?? unreachable('a key without material'), 'AUTOMATIC')
    try {
      await store.write((tables) => {
        const current = tables.keys.get(key)
        if (current?.state !== 'Enabled') throw new VaultError('DisabledException', { keyArn: keyArn(key), because: 'disabled' })
        made.settle(tables)
        tables.keys.setCurrentMaterial(key.id, made.material.id)
        if (current.rotation !== undefined) tables.keys.setRotation(key, rotationAfter(current.rotation, now))
        const request = { keyId: key.id, keyMaterialId: made.material.id, dueAt: new Date(schedule.nextAt).toISOString(), late: now - schedule.nextAt > LATE }
        appendRecord(ambient, tables, serviceEvent('RotateKey', key, request, ambient.uuid()))
      })
    } catch (error) {
      await made.abandon()
      throw error
    }
  }

  /** Imported material whose time is over, by a clock that is not behind. */
  function expired(now: number): MaterialRow[] {
    return store.read((tables) => (clockIsBehind(now, tables.deletions.lastSeen()) ? [] : tables.materials.expired(now)))
  }

  async function expire(material: MaterialRow): Promise<void> {
    const [key] = store.read((tables) => tables.keys.related(material.keyId))
    if (key === undefined) return
    const request = { keyId: key.id, keyMaterialId: material.id }
    await attempt(key, 'DeleteExpiredKeyMaterial', async () => {
      await journal.removeMaterial(key, material, (tables) => { appendRecord(ambient, tables, serviceEvent('DeleteExpiredKeyMaterial', key, request, ambient.uuid())) })
    })
  }

  /** A pair that cannot be destroyed now is an open intent, which the next login carries out. */
  async function unlessRefused(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
    }
  }

  /** One key's failure must not keep the others from their turn; it is recorded, and the next look tries again. */
  async function attempt(key: KeyRow, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      await store.write((tables) => { appendRecord(ambient, tables, { ...serviceEvent(what, key, { keyId: key.id }, ambient.uuid()), failure: recordedFailure(error) }) })
    }
  }

  async function run(signal: AbortSignalLike): Promise<void> {
    while (await paused(signal)) {
      try {
        await look()
      } catch (error) {
        // The store refused (a full disk, say): what is due stays due.
        if (!(error instanceof VaultError)) throw error
      }
    }
  }

  /** False when it is time to stop. */
  async function paused(signal: AbortSignalLike): Promise<boolean> {
    try {
      await ambient.wait(PAUSE, signal)
      return true
    } catch (error) {
      if (error instanceof VaultError && error.code === 'CANCELLED') return false
      throw error
    }
  }

  return {
    look,
    start() {
      underWay = run(stopping.signal)
    },
    async stop() {
      stopping.cancel()
      await underWay
    },
  }
}
