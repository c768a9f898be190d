import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { EngineState, SmallOutcome } from '#core/ports/files.ts'
import type { Bulk, Ended, Small } from './protocol.ts'

export interface Pool {
  readonly state: EngineState
  /** All threads work on it together. Jobs that come at the same time wait in each thread's own queue. */
  run(bulk: Bulk): Promise<Ended[]>
  /** Each chunk is one thread's; `told` hears of each as it is done, and what it throws keeps further ones from being begun. */
  spread(chunks: Iterable<Small>, told: (chunk: Small, outcomes: SmallOutcome[]) => void): Promise<void>
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
    async spread(chunks, told) {
      const waiting = chunks[Symbol.iterator]()
      let stopped = false
      const results = await Promise.allSettled(
        threads.map(async (thread) => {
          try {
            for (let next = waiting.next(); next.done !== true && !stopped; next = waiting.next()) told(next.value, await thread.runSmall(next.value))
          } catch (error) {
            stopped = true
            throw error
          }
        }),
      )
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

interface Thread {
  readonly state: Omit<EngineState, 'threads'>
  run(bulk: Bulk): Promise<Ended>
  runSmall(small: Small): Promise<SmallOutcome[]>
  close(): Promise<void>
}

type Answer = Ended | { readonly outcomes: SmallOutcome[] }

async function startThread(program: string): Promise<Thread> {
  const worker = new Worker(program)
  const waiting: ((answer: Answer) => void)[] = []
  const [state] = (await once(worker, 'message')) as [Omit<EngineState, 'threads'>]
  let dead: string | undefined

  function died(text: string): void {
    dead ??= text
    for (const resolve of waiting.splice(0)) resolve({ outcome: 'broken', text: dead })
  }

  function ask(task: Bulk | Small): Promise<Answer> {
    return new Promise((resolve) => {
      if (dead !== undefined) {
        resolve({ outcome: 'broken', text: dead })
        return
      }
      worker.ref()
      waiting.push(resolve)
      worker.postMessage(task)
    })
  }

  worker.on('message', (answer: Answer) => {
    waiting.shift()?.(answer)
    if (waiting.length === 0) worker.unref()
  })
  worker.on('error', (error: Error) => { died(error.message) })
  worker.on('exit', () => { died('it has ended') })
  worker.unref()
  return {
    state,
    async run(bulk) {
      const answer = await ask(bulk)
      if ('outcomes' in answer) throw new Error('a file thread gave another answer')
      return answer
    },
    async runSmall(small) {
      const answer = await ask(small)
      if ('outcomes' in answer) return answer.outcomes
      throw new Error(`a file thread failed: ${answer.outcome === 'broken' ? answer.text : answer.outcome}`)
    },
    async close() {
      await worker.terminate()
    },
  }
}
