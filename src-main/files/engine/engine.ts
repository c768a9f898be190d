import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { longestFrame } from '#core/messages/layout.ts'
import type { BulkWork, EngineState, FileEngine, SourceFile, TargetFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { readFailure, writeFailure } from '../failures.ts'
import { createPool, type Pool } from './pool.ts'
import { CONTROL, type Bulk, type Ended } from './protocol.ts'

/** More threads than this gain nothing: memory is what limits then. */
const MOST_THREADS = 8
/** Several short frames are read and written at once: about a MiB. */
const BATCH_BYTES = 1_048_576
/** Longer frames are one thread's work: each thread holds two. */
const LONGEST = 4_194_304
/** Below that, waking threads costs more than they save. */
const WORTH_IT = 2_097_152
/** Milliseconds between two looks at how far the threads are. */
const LOOK = 20

/** The file threads of this process. They start with the first job and stay; a process that has nothing else to do ends all the same. */
export function createEngine(): FileEngine {
  let pool: Promise<Pool> | undefined

  function started(): Promise<Pool> {
    return (pool ??= createPool(program(), Math.min(availableParallelism(), MOST_THREADS)))
  }

  async function run(kind: Bulk['kind'], source: SourceFile, target: TargetFile | undefined, work: BulkWork): Promise<void> {
    const { layout } = work
    const control = new Int32Array(new SharedArrayBuffer(16))
    const key = new Uint8Array(new SharedArrayBuffer(work.key.bytes.length))
    key.set(work.key.bytes)
    const framesPerBatch = Math.max(1, Math.floor(BATCH_BYTES / layout.frameLength))
    const bulk: Bulk = { kind, control, key, messageId: work.messageId, layout, framesPerBatch, source: source.descriptor, target: target?.descriptor }
    const watch = createWatch(control, work, Math.ceil(layout.frames / framesPerBatch))
    try {
      const threads = await started()
      await watch.during(threads.run(bulk).then((ends) => { requireDone(ends, source.path, target?.path) }))
    } finally {
      key.fill(0)
    }
  }

  return {
    suits: (layout) => layout.frameLength > 0 && layout.plaintextLength >= WORTH_IT && longestFrame(layout) <= LONGEST,
    seal: (source, target, work) => run('seal', source, target, work),
    open: (source, target, work) => run('open', source, target, work),
    async state(): Promise<EngineState> {
      return (await started()).state
    },
    async close() {
      const closing = pool
      pool = undefined
      await (await closing)?.close()
    },
  }
}

/** From source, or beside whatever this is bundled into. */
function program(): string {
  const source = join(import.meta.dirname, 'worker.ts')
  return existsSync(source) ? source : join(import.meta.dirname, 'file-worker.js')
}

/** Tells how far the threads are, and stops them when the job is not wanted any more. */
function createWatch(control: Int32Array, work: BulkWork, batches: number) {
  const total = work.layout.plaintextLength

  function look(): void {
    work.proceed({ done: Math.floor((Atomics.load(control, CONTROL.done) / batches) * total), total })
  }

  return {
    /** Throws what the work throws, or what `proceed` did, once no thread works on it any more. */
    async during(threads: Promise<void>): Promise<void> {
      let refused: Error | undefined
      const timer = setInterval(() => {
        try {
          look()
        } catch (error) {
          clearInterval(timer)
          refused = error instanceof Error ? error : new Error('the job was refused')
          Atomics.store(control, CONTROL.stop, 1)
        }
      }, LOOK)
      try {
        await threads
      } finally {
        clearInterval(timer)
      }
      if (refused !== undefined) throw refused
      look()
    },
  }
}

/** The first failure of several is as good as any. */
function requireDone(ends: readonly Ended[], source: string, target = source): void {
  for (const end of ends) {
    switch (end.outcome) {
      case 'done':
        continue
      case 'not-authentic':
        throw new VaultError('NOT_AUTHENTIC', { what: source })
      case 'cut':
        throw new VaultError('FILE_CHANGED', { file: source })
      case 'system': {
        const error = Object.assign(new Error(end.code), { code: end.code, syscall: end.side })
        throw end.side === 'read' ? readFailure(error, source) : writeFailure(error, target)
      }
      case 'broken':
        throw new Error(`a file thread failed: ${end.text}`)
    }
  }
}
