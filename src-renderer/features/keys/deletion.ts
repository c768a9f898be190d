import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { IssuedDataKeyView, KeyDetailView } from '#contract/vault.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { nameOf } from '#ui/key-names.ts'
import { ahead } from '#ui/time.ts'
import { isPendingDeletion } from '#ui/states.ts'

/** Days of the waiting period (AWS KMS ScheduleKeyDeletion). */
export const LEAST_WAIT = 7
export const MOST_WAIT = 30

/** Why a key's deletion cannot be scheduled; undefined if it can. */
export function reasonAgainstDeletion(row: Pick<KeyDetailView, 'state' | 'aliases' | 'keyId'>): string | undefined {
  return isPendingDeletion(row.state) ? `${nameOf(row)} is already pending deletion.` : undefined
}

/** A pending deletion in a table: "Deletes in 6 d"; undefined for a key that stays. */
export function deletionWord(deletesAt: Date | undefined, now: number): string | undefined {
  if (deletesAt === undefined) return undefined
  return deletesAt.getTime() <= now ? 'Deletion is due' : `Deletes ${ahead(deletesAt, now)}`
}

/** Whether what was typed names the key: one of its aliases, or its id. */
export function confirms(typed: string, key: Pick<KeyDetailView, 'aliases' | 'keyId'>): boolean {
  return typed === key.keyId || key.aliases.includes(typed)
}

export interface KeyImpact {
  readonly detail: ShallowRef<KeyDetailView | undefined>
  /** The newest data keys; `more`: there are others. Undefined until it is known. */
  readonly issued: ShallowRef<{ readonly rows: readonly IssuedDataKeyView[]; readonly more: boolean } | undefined>
  /** Upper bound of all materials' encryptions; undefined where they are not counted. */
  readonly encryptions: ComputedRef<number | undefined>
  readonly load: Action<[], void>
}

/** What is known to depend on a key, asked for when `wanted` is. */
export function useKeyImpact(wanted: () => string | undefined): KeyImpact {
  const api = useApi()
  const detail = shallowRef<KeyDetailView>()
  const issued = shallowRef<{ rows: readonly IssuedDataKeyView[]; more: boolean }>()

  const load = useAction(async () => {
    const keyId = wanted()
    if (keyId === undefined) return
    const [found, page] = await Promise.all([api.console.key({ keyId }), api.console.dataKeys({ keyId, limit: 200 })])
    if (keyId !== wanted()) return
    detail.value = found
    issued.value = { rows: page.rows, more: page.next !== undefined }
  })

  watch(
    wanted,
    () => {
      detail.value = undefined
      issued.value = undefined
      void load.run()
    },
    { immediate: true },
  )
  return {
    detail,
    issued,
    load,
    encryptions: computed(() => {
      const counts = detail.value?.materials.map(({ encryptions }) => encryptions) ?? []
      return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, each) => sum + (each ?? 0), 0)
    }),
  }
}
