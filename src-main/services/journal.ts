import { keyArn } from '#core/keys/arn.ts'
import { deletesAt } from '#core/keys/deletion.ts'
import type { Holding } from '#core/keys/specs.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { MaterialKind, MemberSession } from '#core/ports/hsm.ts'
import type { IntentRow, KeyRow, MaterialRow, MemberRow, Scope, Store, Tables, WrappingPairRow } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId, MaterialId, MemberId, VaultId } from '#core/vocabulary/ids.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { appendRecord, serviceEvent, vaultEvent } from './audit.ts'

/**
 * Changes that touch the HSM: a database transaction cannot span an HSM call, so the intent is durable before the token is asked, and the
 * result is stored in the transaction that clears the intent. What a crash leaves in between is undone at the next login to that member.
 */
export interface Journal {
  /**
   * Makes material for a key on a member. On return the token holds it and the intent is open: `settle` stores it and clears the intent,
   * `abandon` destroys it. Silence means material that seals. Throws the member's failures; after an unknown outcome the intent stays open until `reconcile`.
   */
  createMaterial(keyId: KeyId, member: MemberRow, cause: MaterialRow['cause'], holding?: Holding): Promise<NewMaterial>
  /**
   * Brings wrapped material onto the member of its wrapping pair, if it is what the row says (its check value), under the row's id and CKA_ID.
   * On return the token holds it, as after `createMaterial`. Throws CHANGE_UNFINISHED, and what MemberSession.importKey throws.
   */
  importMaterial(key: KeyRow, material: MaterialRow, pair: WrappingPairRow, wrapped: Uint8Array): Promise<NewMaterial>
  /**
   * Takes imported material out of the token, and its key to PendingImport; material that waits for its rotation goes without a trace. From
   * the durable intent on it cannot be taken back. `noted` writes into that transaction. False if the token held none any more.
   */
  removeMaterial(key: KeyRow, material: MaterialRow, noted?: (tables: Tables) => void): Promise<boolean>
  /** False if another call has taken the pair: it serves one import. */
  destroyWrappingPair(pair: WrappingPairRow): Promise<boolean>
  /**
   * Deletes a key whose deletion is due, and with the last key of its id all their material. From the durable intent on it cannot be taken back: what cannot be done now is
   * done at a later login. Each material's absence in the token is seen before its row goes; the key goes with its last material.
   */
  destroyKey(key: KeyRow): Promise<void>
  /**
   * Settles every open intent on a member that no call of this process is still working on: creations are undone, destructions done.
   * Runs at each login, before other calls.
   */
  reconcile(member: MemberId, session: MemberSession): Promise<void>
  /** Throws CHANGE_UNFINISHED if an intent on this key is open. */
  requireSettled(tables: Tables, keyId: KeyId, keyArn: string): void
}

export interface NewMaterial {
  readonly material: MaterialRow
  /** `sealed`: the pair whose private key was sealed under the new material. */
  settle(tables: Tables, sealed?: { publicKey: Uint8Array; sealedKey: Uint8Array }): void
  /** Clears the intent only: for material of no customer's key, which the caller stores in the same transaction. */
  clear(tables: Tables): void
  abandon(): Promise<void>
}

/** The kind of a key's material on this member, and the rung that it seals on. */
export function kindOf(holding: Holding, member: MemberRow): Pick<MaterialRow, 'kind' | 'rung'> {
  return holding.how === 'token' ? { kind: holding.kind, rung: undefined } : { kind: KIND[member.rung], rung: member.rung }
}

/** What kind of key a rung needs in the token. */
const KIND = { 1: 'aes-256', 2: 'hmac-256' } as const satisfies Record<SealingRung, MaterialKind>

export function createJournal(parts: {
  ambient: Ambient
  store: Store
  vaultId: VaultId
  scope: Scope
  session: (member: MemberId) => MemberSession
}): Journal {
  const { ambient, store, vaultId } = parts
  /** Intents that a call of this process is working on: not to be undone under its hands. */
  const live = new Set<string>()

  function label(materialId: MaterialId): string {
    return `holdfast:${vaultId}:${materialId}`
  }

  /** Destroys what the intent may have made and clears it, with a record. */
  async function rollBack(intent: IntentRow, session: MemberSession): Promise<void> {
    const destroyed = await session.destroyKey({ ckaId: intent.ckaId, label: label(intent.materialId) })
    await store.write((tables) => {
      tables.intents.remove(intent.id)
      const who = { principal: undefined, connection: { source: 'holdfast', agent: 'holdfast' }, scope: parts.scope, requestId: intent.id }
      appendRecord(ambient, tables, vaultEvent('UndoUnfinishedChange', who, { change: intent.kind, keyId: intent.keyId, keyMaterialId: intent.materialId, foundInHsm: destroyed }))
    })
  }

  /** Destroys what the intent names, sees that it is gone, and clears it, with a record. */
  async function finish(intent: IntentRow, session: MemberSession): Promise<void> {
    await destroy(intent, session)
    await store.write((tables) => {
      tables.intents.remove(intent.id)
      const who = { principal: undefined, connection: { source: 'holdfast', agent: 'holdfast' }, scope: parts.scope, requestId: intent.id }
      appendRecord(ambient, tables, vaultEvent('DestroyMaterial', who, { change: intent.kind, keyId: intent.keyId, keyMaterialId: intent.materialId }))
    })
  }

  async function destroy(intent: IntentRow, session: MemberSession): Promise<void> {
    await session.destroyKey({ ckaId: intent.ckaId, label: label(intent.materialId) })
    if ((await session.findKey(intent.ckaId)) !== undefined) throw new VaultError('HSM_UNAVAILABLE', { member: intent.memberId, reason: 'it still shows a key that it said was destroyed' })
  }

  /** Destroys the material of an intent, sees that it is gone, and buries it; the key follows its last material. */
  async function rollForward(intent: IntentRow, session: MemberSession): Promise<void> {
    await destroy(intent, session)
    await store.write((tables) => {
      const [key] = tables.keys.related(intent.keyId)
      tables.intents.remove(intent.id)
      if (key === undefined) return
      const arn = keyArn(key)
      tables.materials.remove(intent.materialId)
      tables.deletions.addTombstone({ ...intent, keyArn: arn, destroyedAt: ambient.now() })
      if (tables.materials.ofKey(key.id).length > 0) return
      removeKey(tables, key)
    })
  }

  /** The key is gone, with a record. A primary that has waited for this last replica begins its own waiting period. */
  function removeKey(tables: Tables, key: KeyRow): void {
    tables.deletions.forget(key)
    tables.keys.remove(key)
    appendRecord(ambient, tables, serviceEvent('DeleteKey', key, { keyId: key.id }, ambient.uuid()))
    const [primary, ...replicas] = tables.keys.related(key.id)
    if (primary?.pendingWindow === undefined || replicas.length > 0) return
    tables.keys.setState(primary, 'PendingDeletion')
    tables.keys.setDeletesAt(primary, deletesAt(Math.max(ambient.now(), tables.deletions.lastSeen()), primary.pendingWindow))
    tables.keys.setPendingWindow(primary, undefined)
  }

  /** How an intent that is found open ends. */
  const endings = {
    'create-material': rollBack,
    'import-material': rollBack,
    'destroy-material': rollForward,
    'remove-material': finish,
    'destroy-wrapping-pair': finish,
  } as const satisfies Record<IntentRow['kind'], (intent: IntentRow, session: MemberSession) => Promise<void>>

  function intentOf(kind: IntentRow['kind'], { keyId, id, memberId, ckaId }: Pick<MaterialRow, 'keyId' | 'id' | 'memberId' | 'ckaId'>): IntentRow {
    return { id: ambient.uuid(), kind, keyId, materialId: id, memberId, ckaId, createdAt: ambient.now() }
  }

  /** Stores the intent, asks the token, and gives what it made; what fails is undone. */
  async function make(intent: IntentRow, stored: (tables: Tables) => void, ask: (session: MemberSession) => Promise<MaterialRow>): Promise<NewMaterial> {
    live.add(intent.id)

    async function abandon(): Promise<void> {
      try {
        await rollBack(intent, parts.session(intent.memberId))
      } finally {
        // If the token could not be asked, the intent stays in the store, and the next login to the member undoes it.
        live.delete(intent.id)
      }
    }

    function clear(tables: Tables): void {
      tables.intents.remove(intent.id)
      live.delete(intent.id)
    }

    try {
      await store.write(stored)
    } catch (error) {
      live.delete(intent.id)
      throw error
    }
    try {
      const made = await ask(parts.session(intent.memberId))
      return {
        material: made,
        settle(tables, sealed) {
          tables.materials.insert({ ...made, ...sealed })
          clear(tables)
        },
        clear,
        abandon,
      }
    } catch (error) {
      await abandon().catch((second: unknown) => {
        // The first failure is the one to tell; that the token cannot be asked again is told by its own state.
        if (!(second instanceof VaultError)) throw second
      })
      throw error
    }
  }

  /** Runs intents that are durable to their end. */
  async function carryOut(intents: readonly IntentRow[]): Promise<void> {
    for (const intent of intents) live.add(intent.id)
    try {
      for (const intent of intents) await endings[intent.kind](intent, parts.session(intent.memberId))
    } finally {
      for (const intent of intents) live.delete(intent.id)
    }
  }

  return {
    async createMaterial(keyId, member, cause, holding = { how: 'sealing' }) {
      const material: Omit<MaterialRow, 'checkValue' | 'publicKey'> = {
        id: toHex(ambient.random(32)) as MaterialId,
        keyId,
        memberId: member.id,
        ckaId: ambient.random(16),
        ...kindOf(holding, member),
        sealedKey: undefined,
        createdAt: ambient.now(),
        reserved: 0,
        cause,
        imported: undefined,
      }
      const intent = intentOf('create-material', material)
      return make(intent, (tables) => { tables.intents.insert(intent) }, async (session) => {
        const { checkValue, publicKey } = await session.generateKey({ kind: material.kind, ckaId: material.ckaId, label: label(material.id) })
        return { ...material, checkValue, publicKey }
      })
    },

    async importMaterial(key, material, pair, wrapped) {
      const intent = intentOf('import-material', material)
      const stored = (tables: Tables): void => {
        if (tables.intents.ofKey(key.id).length > 0) throw new VaultError('CHANGE_UNFINISHED', { keyArn: keyArn(key) })
        tables.intents.insert(intent)
      }
      return make(intent, stored, async (session) => {
        const { checkValue, publicKey } = await session.importKey({
          kind: material.kind,
          wrapping: pair,
          wrapped,
          expected: material.checkValue,
          name: { ckaId: material.ckaId, label: label(material.id) },
        })
        return { ...material, checkValue, publicKey }
      })
    },

    async removeMaterial(key, material, noted) {
      const intents = await store.write((tables) => {
        if (tables.intents.ofKey(key.id).length > 0) throw new VaultError('CHANGE_UNFINISHED', { keyArn: keyArn(key) })
        const { imported } = tables.materials.get(material.id) ?? {}
        if (imported?.present !== true) return []
        noted?.(tables)
        tables.materials.setImported(material.id, { ...imported, present: false })
        const intent = intentOf(imported.pendingRotation ? 'destroy-material' : 'remove-material', material)
        tables.intents.insert(intent)
        const { state } = tables.keys.get(key) ?? key
        if (!imported.pendingRotation && (state === 'Enabled' || state === 'Disabled')) tables.keys.setState(key, 'PendingImport')
        return [intent]
      })
      await carryOut(intents)
      return intents.length > 0
    },

    async destroyWrappingPair(pair) {
      const intents = await store.write((tables) => {
        if (tables.wrappingPairs.get(pair.id) === undefined) return []
        tables.wrappingPairs.remove(pair.id)
        // Nobody's key: a pair that cannot be destroyed now must not block the key that it was for.
        const intent = intentOf('destroy-wrapping-pair', { ...pair, keyId: ambient.uuid() as KeyId })
        tables.intents.insert(intent)
        return [intent]
      })
      await carryOut(intents)
      return intents.length > 0
    },

    async reconcile(member, session) {
      const open = store.read((tables) => tables.intents.list()).filter((intent) => intent.memberId === member && !live.has(intent.id))
      for (const intent of open) await endings[intent.kind](intent, session)
    },

    async destroyKey(key) {
      const intents = await store.write((tables) => {
        const blocked = tables.intents.ofKey(key.id)
        if (blocked.length > 0 || tables.keys.get(key)?.state !== 'PendingDeletion') return []
        // Related keys still use the material: it goes with the last of them.
        if (tables.keys.related(key.id).length > 1) {
          removeKey(tables, key)
          return []
        }
        const made = tables.materials.ofKey(key.id).map((material) => intentOf('destroy-material', material))
        for (const intent of made) tables.intents.insert(intent)
        // Nothing was ever imported into it.
        if (made.length === 0) removeKey(tables, key)
        return made
      })
      await carryOut(intents)
    },

    requireSettled(tables, keyId, keyArn) {
      if (tables.intents.ofKey(keyId).length > 0) throw new VaultError('CHANGE_UNFINISHED', { keyArn })
    },
  }
}
