import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { KeyRowView } from '#contract/vault.ts'
import { useApi } from '#api/client.ts'

/** The most rows that one answer carries. */
const PAGE = 1000
/** A list younger than this is not fetched again on a visit, in milliseconds. */
const FRESH = 5000

/** Every key of the account and Region, for the list and for jumping to one. */
export const useKeys = defineStore('keys', () => {
  const api = useApi()
  const rows = shallowRef<readonly KeyRowView[]>([])
  const total = ref<number>()
  const complete = ref(false)
  let loadedAt = 0
  let loading: Promise<void> | undefined
  /** Raised by `forget`, so that pages on their way to a signed-out page are dropped. */
  let era = 0

  async function load(): Promise<void> {
    const mine = era
    const first = rows.value.length === 0
    const fetched: KeyRowView[] = []
    let after: string | undefined
    do {
      const page = await api.console.keys({ limit: PAGE, ...(after === undefined ? {} : { after }) })
      if (mine !== era) return
      fetched.push(...page.rows)
      total.value = page.total
      after = page.next
      // The first load grows on screen, by doubling: sorting after each page would take longer than fetching. A later load
      // replaces the list when it is whole.
      if (first && fetched.length >= 2 * rows.value.length) rows.value = fetched.slice()
    } while (after !== undefined)
    rows.value = fetched
    complete.value = true
    loadedAt = Date.now()
  }

  return {
    rows,
    total,
    complete,
    byId: computed(() => new Map(rows.value.map((row) => [row.keyId, row]))),

    /** Fetches the list unless it is young; one at a time. */
    async refresh(how: 'if-old' | 'now' = 'if-old'): Promise<void> {
      if (how === 'if-old' && complete.value && Date.now() - loadedAt < FRESH) return
      loading ??= load().finally(() => {
        loading = undefined
      })
      await loading
    },

    /** Shows a change that was just made, without fetching the whole list. */
    patch(keyId: string, change: Partial<KeyRowView>): void {
      rows.value = rows.value.map((row) => (row.keyId === keyId ? { ...row, ...change } : row))
    },

    /** Shows a key as it was just read: what is not there any more (a rotation, a date) goes too. */
    put(row: KeyRowView): void {
      rows.value = rows.value.map((known) => (known.keyId === row.keyId ? row : known))
    },

    /** Forgets everything: nobody is signed in any more. */
    forget(): void {
      era += 1
      rows.value = []
      total.value = undefined
      complete.value = false
      loadedAt = 0
      loading = undefined
    },
  }
})
