import { shallowRef, type ShallowRef } from 'vue'
import type { VerificationView, VerifyProgressView } from '#contract/audit.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { ApiFailure } from '#api/failure.ts'

/** The last result in this tab: it stays while the person looks at other pages. */
const result = shallowRef<{ readonly view: VerificationView; readonly names: readonly string[]; readonly at: Date }>()

export interface TrailVerification {
  readonly result: typeof result
  readonly progress: ShallowRef<VerifyProgressView | undefined>
  /** The whole trail, and against it checkpoints that were kept elsewhere. */
  readonly run: Action<[files?: readonly File[]], void>
  cancel(): void
}

export function useVerification(): TrailVerification {
  const api = useApi()
  const progress = shallowRef<VerifyProgressView>()
  let ending: AbortController | undefined

  const run = useAction(async (files: readonly File[] = []) => {
    const { signal } = (ending = new AbortController())
    try {
      const checkpoints = await Promise.all(files.map((file) => file.text()))
      const stream = await api.audit.verify({ checkpoints }, { signal })
      for (;;) {
        const next = await stream.next()
        if (next.done === true) {
          result.value = { view: next.value, names: files.map(({ name }) => name), at: new Date() }
          return
        }
        progress.value = next.value
      }
    } catch (error) {
      // Who cancels needs no failure shown.
      if (!(error instanceof ApiFailure) || error.code !== 'CANCELLED') throw error
    } finally {
      ending = undefined
      progress.value = undefined
    }
  })
  return { result, progress, run, cancel: () => ending?.abort() }
}
