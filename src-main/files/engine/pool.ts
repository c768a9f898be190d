import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { EngineState } from '#core/ports/files.ts'
import type { Bulk, Ended } from './protocol.ts'

export interface Pool {
  readonly state: EngineState
  /** All threads work on it together. Jobs that come at the same time wait in each thread's own queue. */
  run(bulk: Bulk): Promise<Ended[]>
  close(): Promise<void>
}

/** Starts the threads and waits until each has tried out what it can do. Throws if one cannot start. */
export async function createPool(program: string, count: number): Promise<Pool> {
  const threads = await Promise.all(Array.from({ length: count }, () => startThread(program)))
  const [first] = threads
  if (first === undefined) throw new Error('a pool without threads')
  return {
    state: { threads: threads.length, ...first.state },
    run: (bulk) => Promise.all(threads.map((thread) => thread.run(bulk))),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

interface Thread {
  readonly state: Omit<EngineState, 'threads'>
  run(bulk: Bulk): Promise<Ended>
  close(): Promise<void>
}

async function startThread(program: string): Promise<Thread> {
  const worker = new Worker(program)
  const waiting: ((ended: Ended) => void)[] = []
  const [state] = (await once(worker, 'message')) as [Omit<EngineState, 'threads'>]
  let dead: string | undefined

  function died(text: string): void {
    dead ??= text
    for (const resolve of waiting.splice(0)) resolve({ outcome: 'broken', text: dead })
  }

  worker.on('message', (ended: Ended) => {
    waiting.shift()?.(ended)
    if (waiting.length === 0) worker.unref()
  })
  worker.on('error', (error) => { died(error.message) })
  worker.on('exit', () => { died('it has ended') })
  worker.unref()
  return {
    state,
    run: (bulk) =>
      new Promise((resolve) => {
        if (dead !== undefined) {
          resolve({ outcome: 'broken', text: dead })
          return
        }
        worker.ref()
        waiting.push(resolve)
        worker.postMessage(bulk)
      }),
    async close() {
      await worker.terminate()
    },
  }
}
