import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { IssuedDataKeyView } from '#contract/vault.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'

/** Rows of one answer. */
const PAGE = 100
/** How often a search goes on by itself through parts of the trail that hold none. */
const PATIENCE = 5

export interface IssuedList {
  readonly rows: ShallowRef<readonly IssuedDataKeyView[]>
  /** There may be older ones. */
  readonly more: ComputedRef<boolean>
  readonly loaded: ComputedRef<boolean>
  readonly load: Action<[], void>
  readonly loadMore: Action<[], void>
}

/** Data keys that were handed out, newest first, of one key if it is named. */
export function useIssued(keyId: () => string | undefined): IssuedList {
  const api = useApi()
  const rows = shallowRef<readonly IssuedDataKeyView[]>([])
  /** Where to go on; undefined at the trail's beginning. */
  const next = shallowRef<number | 'unknown' | undefined>('unknown')

  /** The part of the trail before a record: at least one row, the beginning, or enough of looking. */
  async function read(before: number | undefined): Promise<{ rows: readonly IssuedDataKeyView[]; next?: number | undefined }> {
    const key = keyId()
    const found: IssuedDataKeyView[] = []
    let at = before
    for (let tries = 0; tries < PATIENCE; tries += 1) {
      const page = await api.console.dataKeys({ limit: PAGE, ...(key === undefined ? {} : { keyId: key }), ...(at === undefined ? {} : { before: at }) })
      found.push(...page.rows)
      at = page.next
      if (at === undefined || found.length > 0) break
    }
    return { rows: found, next: at }
  }

  const load = useAction(async () => {
    const key = keyId()
    const page = await read(undefined)
    if (key !== keyId()) return
    rows.value = page.rows
    next.value = page.next
  })
  const loadMore = useAction(async () => {
    const key = keyId()
    if (typeof next.value !== 'number') return
    const page = await read(next.value)
    if (key !== keyId()) return
    rows.value = [...rows.value, ...page.rows]
    next.value = page.next
  })

  watch(
    keyId,
    () => {
      rows.value = []
      next.value = 'unknown'
      void load.run()
    },
    { immediate: true },
  )
  return { rows, more: computed(() => typeof next.value === 'number'), loaded: computed(() => next.value !== 'unknown'), load, loadMore }
}
