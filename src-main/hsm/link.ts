import type { Deadlines } from './deadlines.ts'
import type { HostProcess } from './host-process.ts'
import { operations, readReply, type ArgumentsOf, type OperationName, type Refusal, type Request, type ResultOf } from './protocol.ts'

/** A host answered that it did not do it. */
export class HostRefused extends Error {
  override readonly name = 'HostRefused'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.kind)
    this.refusal = refusal
  }
}

/** Why calls get no answer any more. `crashed` and `hung` speak against the library, the others do not. */
export type End = 'crashed' | 'hung' | 'garbled' | 'closed' | 'replaced' | 'busy'

/** A call got no answer: whether it was done is unknown. */
export class HostGone extends Error {
  override readonly name = 'HostGone'
  readonly end: End

  constructor(end: End, reason: string) {
    super(reason)
    this.end = end
  }
}

interface Pending {
  readonly name: OperationName
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
  /** Its caller has been told HSM_UNAVAILABLE; the answer is dropped when it comes. */
  late: boolean
}

/**
 * The owner's end of one host: calls in batches, a deadline for each, and the end of the host when it is hung or gone.
 *
 * A host works in order. So when a deadline passes, the oldest call in flight tells whether the host hangs: if that one has passed
 * its own deadline, the process is killed; else it is only slow (a key generation before an encryption), the late call fails alone.
 */
export class HostLink {
  readonly #host: HostProcess
  readonly #deadlines: Deadlines
  /** In order of dispatch. */
  readonly #pending = new Map<number, Pending>()
  #outgoing: Request[] = []
  #nextId = 0
  #gone: HostGone | undefined
  /** Resolves with the reason when no more calls are taken. */
  readonly ended: Promise<HostGone>
  /** Resolves when the process has really exited. */
  readonly exited: Promise<void>
  #tellEnded!: (gone: HostGone) => void

  constructor(host: HostProcess, deadlines: Deadlines) {
    this.#host = host
    this.#deadlines = deadlines
    this.ended = new Promise((resolve) => { this.#tellEnded = resolve })
    this.exited = new Promise((resolve) => {
      host.onExit((how) => {
        this.end('crashed', `its process ended (${how})`)
        resolve()
      })
    })
    host.onMessage((message) => { this.#receive(message) })
  }

  get host(): HostProcess {
    return this.#host
  }

  get pid(): number | undefined {
    return this.#host.pid
  }

  get gone(): HostGone | undefined {
    return this.#gone
  }

  /** Sends a call with the next batch. Rejects with HostRefused or HostGone. Byte arguments must stay as they are until it settles. */
  call<Name extends OperationName>(name: Name, given: ArgumentsOf<Name>): Promise<ResultOf<Name>> {
    if (this.#gone) return Promise.reject(this.#gone)
    const id = this.#nextId++
    return new Promise<ResultOf<Name>>((resolve, reject) => {
      const timer = setTimeout(() => { this.#deadlinePassed(id) }, this.#deadlines[operations[name].deadline])
      this.#pending.set(id, { name, resolve: resolve as (value: unknown) => void, reject, timer, late: false })
      this.#outgoing.push([id, name, ...given])
      // After the microtasks: all callers that one reply has woken share the next batch.
      if (this.#outgoing.length === 1) process.nextTick(() => { this.#flush() })
    })
  }

  /** Takes no more calls, fails those in flight, kills the process. Only the first reason counts. */
  end(end: End, reason: string): void {
    if (this.#gone) return
    this.#gone = new HostGone(end, reason)
    this.#host.kill()
    this.#outgoing = []
    for (const call of this.#pending.values()) {
      clearTimeout(call.timer)
      call.reject(this.#gone)
    }
    this.#pending.clear()
    this.#tellEnded(this.#gone)
  }

  #flush(): void {
    if (this.#gone || this.#outgoing.length === 0) return
    const batch = this.#outgoing
    this.#outgoing = []
    this.#host.post(batch)
  }

  #receive(message: unknown): void {
    if (this.#gone) return
    try {
      if (!Array.isArray(message)) throw new TypeError('no batch')
      for (const reply of message) this.#settle(reply)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      this.end('garbled', 'its process gave an answer of no known shape')
    }
  }

  #settle(value: unknown): void {
    const reply = readReply(value)
    const call = this.#pending.get(reply[0])
    if (call === undefined) throw new TypeError('an answer to nothing')
    // Read before it is forgotten, so that a bad shape fails this call too; and read even if late, which wipes what it held.
    const result = reply[1] === 0 ? operations[call.name].result(reply[2]) : undefined
    this.#pending.delete(reply[0])
    clearTimeout(call.timer)
    if (call.late) wipeResult(result)
    else if (reply[1] === 0) call.resolve(result)
    else call.reject(new HostRefused(reply[2]))
  }

  #deadlinePassed(id: number): void {
    const call = this.#pending.get(id)
    if (call === undefined) return
    const seconds = this.#deadlines[operations[call.name].deadline] / 1000
    const [oldest] = this.#pending.keys()
    call.late = true
    if (oldest === id || this.#pending.get(oldest ?? id)?.late === true) this.end('hung', `no answer within ${seconds} s`)
    else call.reject(new HostGone('busy', `no answer within ${seconds} s, it is busy with an earlier call`))
  }
}

/** Nobody takes a late result: what it holds is zeroed. */
function wipeResult(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) wipeResult(part)
}
