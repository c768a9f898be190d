import type { AbortSignalLike } from '#core/ports/ambient.ts'

/** A signal of our own: services know no AbortController. */
export interface Cancellation {
  readonly signal: AbortSignalLike
  cancel(): void
}

/** Aborts when `cancel` is called, or when the outer signal does. */
export function createCancellation(outer?: AbortSignalLike): Cancellation {
  const listeners = new Set<() => void>()
  let aborted = outer?.aborted === true

  function cancel(): void {
    if (aborted) return
    aborted = true
    for (const listener of listeners) listener()
    listeners.clear()
  }

  outer?.addEventListener('abort', cancel, { once: true })
  return {
    cancel,
    signal: {
      get aborted() {
        return aborted
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    },
  }
}
