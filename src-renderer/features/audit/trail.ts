import { computed, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { AuditFilter, AuditRowView } from '#contract/audit.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'

const PAGE = 200

export interface TrailList {
  readonly rows: ShallowRef<readonly AuditRowView[]>
  /** How many records pass the filter; undefined until they are counted. */
  readonly total: Ref<number | undefined>
  /** Records in the whole trail. */
  readonly records: Ref<number>
  readonly more: ComputedRef<boolean>
  readonly loaded: Ref<boolean>
  readonly load: Action<[], void>
  readonly loadMore: Action<[], void>
}

/** Records that pass the filter, newest first, read page by page. What was asked for before a change of the filter is dropped. */
export function useTrail(filter: () => AuditFilter): TrailList {
  const api = useApi()
  const rows = shallowRef<readonly AuditRowView[]>([])
  const total = shallowRef<number>()
  const records = shallowRef(0)
  const next = shallowRef<number>()
  const loaded = shallowRef(false)
  let asked = 0

  async function first(): Promise<void> {
    const mine = ++asked
    const page = await api.audit.list({ ...filter(), limit: PAGE, count: true })
    if (mine !== asked) return
    rows.value = page.rows
    total.value = page.total
    records.value = page.records
    next.value = page.next
    loaded.value = true
  }

  const load = useAction(async () => {
    // A filter that changed meanwhile is asked for at once, not after the next change.
    for (let mine = -1; mine !== asked;) {
      const run = first()
      mine = asked
      await run
    }
  })
  const loadMore = useAction(async () => {
    const mine = asked
    if (next.value === undefined) return
    const page = await api.audit.list({ ...filter(), before: next.value, limit: PAGE })
    if (mine !== asked) return
    rows.value = [...rows.value, ...page.rows]
    next.value = page.next
  })

  watch(
    () => JSON.stringify(filter()),
    () => {
      asked += 1
      void load.run()
    },
    { immediate: true },
  )
  return { rows, total, records, more: computed(() => next.value !== undefined), loaded, load, loadMore }
}
