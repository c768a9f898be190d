import type { Ambient } from '#core/ports/ambient.ts'
import type { MaterialKind, MemberSession } from '#core/ports/hsm.ts'
import type { IntentRow, MaterialRow, MemberRow, Scope, Store, Tables } from '#core/ports/store.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { KeyId, MaterialId, MemberId, VaultId } from '#core/vocabulary/ids.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { appendRecord, vaultEvent } from './audit.ts'

/**
 * Changes that touch the HSM: a database transaction cannot span an HSM call, so the intent is durable before the token is asked, and the
 * result is stored in the transaction that clears the intent. What a crash leaves in between is undone at the next login to that member.
 */
export interface Journal {
  /**
   * Makes material for a key on a member. On return the token holds it and the intent is open: `settle` stores it and clears the intent,
   * `abandon` destroys it. Throws the member's failures; after an unknown outcome the intent stays open until `reconcile`.
   */
  createMaterial(keyId: KeyId, member: MemberRow): Promise<NewMaterial>
  /** Undoes every open intent on a member that no call of this process is still working on. Runs at each login, before other calls. */
  reconcile(member: MemberId, session: MemberSession): Promise<void>
  /** Throws CHANGE_UNFINISHED if an intent on this key is open. */
  requireSettled(tables: Tables, keyId: KeyId, keyArn: string): void
}

export interface NewMaterial {
  readonly material: MaterialRow
  settle(tables: Tables): void
  abandon(): Promise<void>
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

  return {
    async createMaterial(keyId, member) {
      const material: Omit<MaterialRow, 'checkValue'> = {
        id: toHex(ambient.random(32)) as MaterialId,
        keyId,
        memberId: member.id,
        ckaId: ambient.random(16),
        kind: KIND[member.rung],
        rung: member.rung,
        createdAt: ambient.now(),
        reserved: 0,
      }
      const intent: IntentRow = {
        id: ambient.uuid(),
        kind: 'create-material',
        keyId,
        materialId: material.id,
        memberId: member.id,
        ckaId: material.ckaId,
        createdAt: material.createdAt,
      }
      live.add(intent.id)

      async function abandon(): Promise<void> {
        try {
          await rollBack(intent, parts.session(member.id))
        } finally {
          // If the token could not be asked, the intent stays in the store, and the next login to the member undoes it.
          live.delete(intent.id)
        }
      }

      try {
        await store.write((tables) => tables.intents.insert(intent))
        const facts = await parts.session(member.id).generateKey({ kind: material.kind, ckaId: material.ckaId, label: label(material.id) })
        return {
          material: { ...material, checkValue: facts.checkValue },
          settle(tables) {
            tables.materials.insert({ ...material, checkValue: facts.checkValue })
            tables.intents.remove(intent.id)
            live.delete(intent.id)
          },
          abandon,
        }
      } catch (error) {
        await abandon().catch((second: unknown) => {
          // The first failure is the one to tell; that the token cannot be asked again is told by its own state.
          if (!(second instanceof VaultError)) throw second
        })
        throw error
      }
    },

    async reconcile(member, session) {
      const open = store.read((tables) => tables.intents.list()).filter((intent) => intent.memberId === member && !live.has(intent.id))
      for (const intent of open) await rollBack(intent, session)
    },

    requireSettled(tables, keyId, keyArn) {
      if (tables.intents.ofKey(keyId).length > 0) throw new VaultError('CHANGE_UNFINISHED', { keyArn })
    },
  }
}
