import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowReactive, watch } from 'vue'
import type { FileFactsView } from '#contract/files.ts'
import { toFailure, type ApiFailure } from '#api/failure.ts'
import type { FileWork, GivenFile, MadeFile } from '#api/given-file.ts'

/** How many files are on their way at once. */
const AT_ONCE = 3
/** Results that wait to be fetched; the vault keeps 32 transfers at most, those under way included. */
const MOST_UNFETCHED = 24
/** Between two looks at the speed, in milliseconds. */
const PACE = 250

export interface FileItem {
  readonly id: number
  readonly file: GivenFile
  /** `looking`: its header is read; `staged`: nothing was started; the rest says itself. */
  phase: 'looking' | 'staged' | 'waiting' | 'running' | 'done' | 'failed'
  /** What its header says; undefined if it is not one of our files. */
  facts: FileFactsView | undefined
  /** What a person chose instead of what was proposed. */
  wish: 'encrypt' | 'decrypt' | 'leave' | undefined
  work: FileWork | undefined
  /** Bytes. */
  done: number
  verifying: boolean
  /** Bytes a second; undefined until it is known. */
  rate: number | undefined
  startedAt: number
  endedAt: number
  made: MadeFile | undefined
  /** Why it could not be read, or was not done. */
  failure: ApiFailure | undefined
  /** The result's link was used, or its time is over. */
  fetched: boolean
  expired: boolean
}

/** What a person set for the next start. */
interface FileSettings {
  /** To encrypt under. */
  keyId: string
  /** The encryption context: bound when encrypting, expected when decrypting. */
  pairs: readonly (readonly [name: string, value: string])[]
  existing: FileWork['existing']
  /** Beside the original if undefined. */
  folder: string | undefined
}

const initial: FileSettings = { keyId: '', pairs: [], existing: 'keep-both', folder: undefined }

/** Files on their way: proposed, waiting, running, done. They go on while other pages are looked at. */
export const useFileQueue = defineStore('file-queue', () => {
  const items = shallowReactive<FileItem[]>([])
  const settings = reactive({ ...initial })
  const dragging = ref(false)
  const notice = ref('')
  const cancels = new Map<number, AbortController>()
  const expiries = new Map<number, ReturnType<typeof setTimeout>>()
  let last = 0

  const active = computed(() => items.filter(({ phase }) => phase === 'waiting' || phase === 'running'))
  const unfetched = computed(() => items.filter(({ made, fetched, expired }) => made?.at.kind === 'download' && !fetched && !expired).length)

  async function look(item: FileItem): Promise<void> {
    try {
      item.facts = await item.file.inspect()
    } catch (error) {
      item.failure = toFailure(error)
    }
    if (item.phase === 'looking') item.phase = 'staged'
  }

  function pump(): void {
    for (const item of items) {
      if (cancels.size >= AT_ONCE) return
      if (item.phase === 'waiting' && !isHeld(item)) void run(item)
    }
  }

  /** The browser fetches results one by one: while many wait for that, no more are made. */
  function isHeld({ file }: FileItem): boolean {
    return file.path === undefined && unfetched.value + cancels.size >= MOST_UNFETCHED
  }

  async function run(item: FileItem): Promise<void> {
    const { work } = item
    if (work === undefined) return
    const cancel = new AbortController()
    cancels.set(item.id, cancel)
    const watched = watchSpeed(item)
    Object.assign(item, { phase: 'running', done: 0, verifying: false, rate: undefined, failure: undefined, startedAt: Date.now() })
    try {
      item.made = await item.file.run(work, { signal: cancel.signal, progress: watched })
      item.phase = 'done'
      expire(item, item.made)
    } catch (error) {
      item.failure = toFailure(error, cancel.signal)
      item.phase = 'failed'
    }
    item.endedAt = Date.now()
    cancels.delete(item.id)
    pump()
  }

  function expire(item: FileItem, { at }: MadeFile): void {
    if (at.kind !== 'download') return
    const over = (): void => {
      item.expired = true
      pump()
    }
    expiries.set(item.id, setTimeout(over, Math.max(0, at.expiresAt.getTime() - Date.now())))
  }

  function find(id: number): FileItem | undefined {
    return items.find((item) => item.id === id)
  }

  function remove(id: number): void {
    const at = items.findIndex((item) => item.id === id)
    if (at < 0) return
    cancels.get(id)?.abort()
    clearTimeout(expiries.get(id))
    expiries.delete(id)
    items.splice(at, 1)
  }

  /** What was under way leaves nothing behind; what was waiting is not begun. */
  function cancel(id: number): void {
    const item = find(id)
    if (item?.phase === 'waiting') Object.assign(item, { phase: 'failed', failure: toFailure(undefined, AbortSignal.abort()), startedAt: Date.now(), endedAt: Date.now() })
    cancels.get(id)?.abort()
  }

  // Leaving the page would break what is on its way.
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
  watch(
    () => active.value.length > 0,
    (busy) => (busy ? addEventListener('beforeunload', ask) : removeEventListener('beforeunload', ask)),
  )

  return {
    items,
    settings,
    /** Something with files in it is dragged over the page. */
    dragging,
    /** What the last drop did not bring; empty if nothing is missing. */
    notice,
    active,
    staged: computed(() => items.filter(({ phase }) => phase === 'looking' || phase === 'staged')),
    finished: computed(() => items.filter(({ phase }) => phase === 'done' || phase === 'failed').toSorted((a, b) => b.endedAt - a.endedAt)),
    /** Results must be fetched before more are made. */
    held: computed(() => items.some((item) => item.phase === 'waiting' && isHeld(item)) && cancels.size === 0),

    /** Proposes files and reads their headers. Nothing starts by itself. */
    add(files: readonly GivenFile[]): void {
      notice.value = ''
      for (const file of files) {
        last += 1
        const item = shallowReactive(newItem(last, file))
        items.push(item)
        void look(item)
      }
    },

    remove,

    start(id: number, work: FileWork): void {
      const item = find(id)
      if (item === undefined) return
      Object.assign(item, { work, phase: 'waiting', made: undefined, failure: undefined, fetched: false, expired: false })
      pump()
    },

    cancel,

    cancelAll(): void {
      // Those that wait first: none of them must take a place that becomes free.
      for (const { id } of active.value.toReversed()) cancel(id)
    },

    /** The link of a result works once. */
    markFetched(id: number): void {
      const item = find(id)
      if (item !== undefined) item.fetched = true
      pump()
    },

    clearFinished(): void {
      for (const { id, phase } of items.slice()) if (phase === 'done' || phase === 'failed') remove(id)
    },

    /** Nobody is signed in any more. */
    forget(): void {
      for (const { id } of items.slice()) remove(id)
      Object.assign(settings, initial)
    },
  }
})

function newItem(id: number, file: GivenFile): FileItem {
  return {
    id,
    file,
    phase: 'looking',
    facts: undefined,
    wish: undefined,
    work: undefined,
    done: 0,
    verifying: false,
    rate: undefined,
    startedAt: 0,
    endedAt: 0,
    made: undefined,
    failure: undefined,
    fetched: false,
    expired: false,
  }
}

/** Keeps how far a file is, and how fast it has been lately. */
function watchSpeed(item: FileItem): (done: number, total: number, phase?: 'verifying') => void {
  let lookedAt = performance.now()
  let doneThen = 0
  return (done, _total, phase) => {
    item.done = done
    item.verifying = phase === 'verifying'
    const now = performance.now()
    const passed = now - lookedAt
    if (passed < PACE) return
    const latest = ((done - doneThen) / passed) * 1000
    item.rate = item.rate === undefined ? latest : 0.7 * item.rate + 0.3 * latest
    lookedAt = now
    doneThen = done
  }
}
