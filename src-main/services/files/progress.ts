import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import { createChanges } from '../changes.ts'
import type { Job, Progress } from './jobs.ts'

/** Progress is worth telling ten times a second. */
const PAUSE = 100

/**
 * Runs a job and tells how far it is: the latest word, at most about ten times a second, then the result. The job is cancelled, and waited
 * for, when the signal aborts or nobody reads on.
 */
export async function* withProgress<Result>(
  ambient: Ambient,
  signal: AbortSignalLike | undefined,
  start: (job: Job) => Promise<Result>,
): AsyncGenerator<Progress, Result> {
  const changes = createChanges()
  let latest: Progress | undefined
  let left = false
  let finished = false
  const job: Job = {
    report(progress) {
      latest = progress
      changes.announce()
    },
    get cancelled() {
      return left || signal?.aborted === true
    },
  }
  const outcome = start(job).finally(() => {
    finished = true
    changes.announce()
  })
  const ended = outcome.then(() => undefined, () => undefined)
  let told: Progress | undefined
  try {
    while (true) {
      const seen = changes.version
      if (isTrue(finished)) return await outcome
      if (latest !== undefined && latest !== told) {
        told = latest
        yield latest
      }
      await changes.after(seen, undefined)
      await Promise.race([ended, ambient.wait(PAUSE)])
    }
  } finally {
    left = true
    await ended
  }
}

/** The compiler does not see that callbacks change a variable. */
function isTrue(value: boolean): boolean {
  return value
}
