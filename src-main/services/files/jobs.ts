import type { AbortSignalLike } from '#core/ports/ambient.ts'
import { VaultError } from '#core/vocabulary/failures.ts'

/** Bytes of the file's plaintext. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** Of a folder: files done, of how many, and how many failed. */
  readonly files?: number
  readonly of?: number
  readonly failed?: number
}

/** Who waits for a job. */
export interface Job {
  /** Called often; coalescing is the listener's. */
  report(progress: Progress): void
  /** True once the result is not wanted any more. */
  readonly cancelled: boolean
}

/** The job of a progress stream. */
export function jobOf({ signal, tell }: { readonly signal: AbortSignalLike; tell(progress: Progress): void }): Job {
  return {
    report: tell,
    get cancelled() {
      return signal.aborted
    },
  }
}

/** The file jobs of an open vault: they hold keys of files in memory, so all of them end when it is locked. */
export interface Jobs {
  /** Called between two pieces of work. Throws CANCELLED if the job is to end. */
  proceed(job: Job, progress: Progress): void
  /** For work that waits for a peer, who may be silent for ever: rejects with CANCELLED as soon as all jobs are to end. */
  untilStopped<T>(work: Promise<T>): Promise<T>
  /** Ends all jobs, now and later. */
  stop(): void
}

export function createJobs(): Jobs {
  let stopped = false
  const waiting = new Set<() => void>()
  return {
    proceed(job, progress) {
      if (stopped || job.cancelled) throw new VaultError('CANCELLED')
      job.report(progress)
    },

    untilStopped(work) {
      return new Promise((resolve, reject) => {
        const cancel = (): void => { reject(new VaultError('CANCELLED')) }
        if (stopped) cancel()
        else waiting.add(cancel)
        work.then(resolve, reject).finally(() => waiting.delete(cancel))
      })
    },

    stop() {
      stopped = true
      for (const cancel of waiting) cancel()
      waiting.clear()
    },
  }
}
