import { ref, shallowRef, type Ref } from 'vue'
import { toFailure, type ApiFailure } from './failure.ts'

/** Something a person asked for: at most one at a time, and its failure is kept for the one place that shows it. */
export interface Action<Args extends readonly unknown[], Result> {
  readonly busy: Ref<boolean>
  readonly failure: Ref<ApiFailure | undefined>
  /** Resolves undefined if it failed (see `failure`) or if the last one is still running. */
  run(...args: Args): Promise<Result | undefined>
  clear(): void
}

export function useAction<Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>): Action<Args, Result> {
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()
  return {
    busy,
    failure,
    async run(...args) {
      if (busy.value) return undefined
      busy.value = true
      failure.value = undefined
      try {
        return await work(...args)
      } catch (error) {
        failure.value = toFailure(error)
        return undefined
      } finally {
        busy.value = false
      }
    },
    clear() {
      failure.value = undefined
    },
  }
}
