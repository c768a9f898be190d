import type { AbortSignalLike } from '#core/ports/ambient.ts'

/** Tells watchers that something shown has changed. Coalescing is the watcher's: it looks at the state, not at events. */
export interface Changes {
  /** Something has changed. */
  announce(): void
  /** Grows with each announcement. */
  readonly version: number
  /** Resolves once `version` is beyond the given one, or the signal aborts. */
  after(version: number, signal: AbortSignalLike | undefined): Promise<void>
}

export function createChanges(): Changes {
  let version = 0
  let waiting: (() => void)[] = []
  return {
    announce() {
      version += 1
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    get version() {
      return version
    },
    after(seen, signal) {
      if (version > seen || signal?.aborted === true) return Promise.resolve()
      return new Promise((resolve) => {
        function wake(): void {
          signal?.removeEventListener('abort', wake)
          waiting = waiting.filter((each) => each !== wake)
          resolve()
        }
        waiting.push(wake)
        signal?.addEventListener('abort', wake, { once: true })
      })
    },
  }
}
