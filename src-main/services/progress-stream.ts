import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import { createCancellation } from './cancellation.ts'
import { createChanges } from './changes.ts'

/** Milliseconds between two events at least: what is faster than that is told by the latest only. */
const PACE = 100

/**
 * Long work as a stream: its latest progress, coalesced, and its result as the stream's return value. Iterators over the wire have no
 * backpressure, so there is never more than one event waiting. The work is cancelled, and waited for, when the signal aborts or the reader
 * stops reading.
 */
export async function* progressStream<Progress, Result>(
  ambient: Ambient,
  outer: AbortSignalLike | undefined,
  work: (watch: { signal: AbortSignalLike; tell: (progress: Progress) => void }) => Promise<Result>,
): AsyncGenerator<Progress, Result> {
  const { signal, cancel } = createCancellation(outer)
  const changes = createChanges()
  const now: { latest: Progress | undefined; done: boolean } = { latest: undefined, done: false }
  const result = work({
    signal,
    tell(progress) {
      now.latest = progress
      changes.announce()
    },
  }).finally(() => {
    now.done = true
    changes.announce()
  })
  // Its failure is thrown below; until then nobody waits for it.
  result.catch(() => undefined)
  try {
    for (let seen = 0; ; ) {
      await changes.after(seen, undefined)
      seen = changes.version
      if (now.done) return await result
      if (now.latest !== undefined) yield now.latest
      await Promise.race([ambient.wait(PACE), result.catch(() => undefined)])
    }
  } finally {
    cancel()
    await result.catch(() => undefined) // thrown above, or nobody reads on
  }
}
