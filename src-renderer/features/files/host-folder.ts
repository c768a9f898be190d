import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { FolderEntryView } from '#contract/files.ts'
import { useApi } from '#api/client.ts'
import { toFailure, type ApiFailure } from '#api/failure.ts'

/** Entries of one answer. */
const PAGE = 200

export interface HostFolder {
  /** What a person types; the folder's path once it is read. */
  readonly typed: Ref<string>
  /** Empty until one was read. */
  readonly path: Ref<string>
  readonly parent: Ref<string | undefined>
  readonly entries: ShallowRef<readonly FolderEntryView[]>
  readonly total: Ref<number>
  /** There are entries beyond these. */
  readonly more: Ref<boolean>
  readonly reading: Ref<boolean>
  readonly failure: ShallowRef<ApiFailure | undefined>
  /** Reads a folder; the person's own if none is named. The latest word counts: an answer that comes after it is dropped. */
  go(wanted: string | undefined): Promise<void>
  loadMore(): Promise<void>
}

/** A folder of the host, a page at a time. */
export function useHostFolder(): HostFolder {
  const api = useApi()
  const typed = ref('')
  const path = ref('')
  const parent = ref<string>()
  const entries = shallowRef<readonly FolderEntryView[]>([])
  const total = ref(0)
  const more = ref(false)
  const reading = ref(false)
  const failure = shallowRef<ApiFailure>()
  let next: string | undefined
  let turn = 0

  async function read(work: () => Promise<() => void>): Promise<void> {
    turn += 1
    const mine = turn
    reading.value = true
    failure.value = undefined
    try {
      const show = await work()
      if (mine === turn) show()
    } catch (error) {
      if (mine === turn) failure.value = toFailure(error)
    } finally {
      if (mine === turn) reading.value = false
    }
  }

  return {
    typed,
    path,
    parent,
    entries,
    total,
    more,
    reading,
    failure,

    go: (wanted) =>
      read(async () => {
        const before = typed.value
        const page = await api.files.browse({ limit: PAGE, ...(wanted === undefined ? {} : { folder: wanted }) })
        return () => {
          // Who types on while a folder is read has the word.
          if (typed.value === before) typed.value = page.folder
          path.value = page.folder
          parent.value = page.parent
          entries.value = page.entries
          total.value = page.total
          next = page.next
          more.value = next !== undefined
        }
      }),

    loadMore: () =>
      read(async () => {
        const page = await api.files.browse({ folder: path.value, limit: PAGE, ...(next === undefined ? {} : { after: next }) })
        return () => {
          entries.value = [...entries.value, ...page.entries]
          next = page.next
          more.value = next !== undefined
        }
      }),
  }
}
