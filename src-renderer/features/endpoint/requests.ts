import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import type { RequestLine } from '#contract/endpoint.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'

/** Pause between two looks at the log, in milliseconds. */
const EVERY = 1000

export interface RequestLog {
  /** At most 500, the newest first. */
  readonly rows: Ref<readonly RequestLine[]>
  readonly paused: Ref<boolean>
  readonly look: Action<[], void>
}

/** The endpoint's log while a page shows it. Nothing is asked while nobody sees it. */
export function useRequestLog(): RequestLog {
  const api = useApi()
  const rows = shallowRef<readonly RequestLine[]>([])
  const paused = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const look = useAction(async () => {
    const { requests } = await api.endpoint.log({})
    // The same list again draws nothing.
    if (requests[0]?.requestId !== rows.value[0]?.requestId || requests.length !== rows.value.length) rows.value = requests
  })

  async function follow(): Promise<void> {
    if (!paused.value && !document.hidden) await look.run()
    if (!ended) timer = setTimeout(() => void follow(), EVERY)
  }

  void follow()
  onScopeDispose(() => {
    ended = true
    clearTimeout(timer)
  })
  return { rows, paused, look }
}
