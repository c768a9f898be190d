import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { longestFrame } from '#core/messages/layout.ts'
import type { BulkWork, EngineState, FileEngine, SmallFile, SmallOutcome, SmallWork, SourceFile, TargetFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { readFailure, writeFailure } from '../failures.ts'
import type { Leftovers } from '../leftovers.ts'
import { createPool, type Pool } from './pool.ts'
import { CONTROL, type Bulk, type Ended, type Small } from './protocol.ts'

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
/** Small files that one thread takes at once: as many are open together until they are durable. */
const CHUNK = 128
/** Bytes of the longest small file. */
const LONGEST_SMALL = 1_048_576 + 65_536

/** The file threads of this process. They start with the first job and stay; a process that has nothing else to do ends all the same. */
export function createEngine(leftovers: Leftovers): FileEngine {
  let pool: Promise<Pool> | undefined

  function started(): Promise<Pool> {
    return (pool ??= createPool(program(), Math.min(availableParallelism(), MOST_THREADS)))
  }

  async function run(kind: Bulk['kind'], source: Pick<SourceFile, 'descriptor' | 'path'>, target: TargetFile | undefined, work: BulkWork): Promise<void> {
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

  async function many(kind: Small['kind'], files: readonly SmallFile[], work: SmallWork): Promise<SmallOutcome[]> {
    const dataKey = new Uint8Array(new SharedArrayBuffer(work.dataKey.bytes.length))
    dataKey.set(work.dataKey.bytes)
    const outcomes: SmallOutcome[] = files.map(() => ({ outcome: 'elsewhere' }))
    const note = await leftovers.noteBatch([...new Set(files.map(({ folder }) => folder))])
    const { header, existing } = work
    function* chunks(): Generator<Small & { readonly first: number }, void> {
      for (let first = 0; first < files.length; first += CHUNK) {
        yield { kind, files: files.slice(first, first + CHUNK), dataKey, header, existing, part: note.part, longest: LONGEST_SMALL, first }
      }
    }
    const begun = new Map<Small, number>()
    const counted = (function* () {
      for (const { first, ...chunk } of chunks()) {
        begun.set(chunk, first)
        yield chunk
      }
    })()
    try {
      await (await started()).spread(counted, (chunk, made) => {
        const first = begun.get(chunk) ?? 0
        begun.delete(chunk)
        made.forEach((outcome, at) => { outcomes[first + at] = outcome })
        work.told(made)
      })
      return outcomes
    } finally {
      dataKey.fill(0)
      await note.strike()
    }
  }

  return {
    many: (kind, files, work) => many(kind === 'seal' ? 'seal-small' : 'open-small', files, work),
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

/** Threads to be asked what they can do, without a home. */
export function createEngineAlone(): Pick<FileEngine, 'state' | 'close'> {
  return createEngine({ note: nobody, noteBatch: nobody, remove: nobody })
}

function nobody(): never {
  throw new Error('an engine without a home writes no files')
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
