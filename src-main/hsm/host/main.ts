// The host of one PKCS#11 library: a process of its own, because a vendor's code may crash or hang and must then take nothing
// else with it. Runs under Node (child_process.fork, serialization 'advanced') and under Electron (utilityProcess.fork).

import { operations, type Reply, type Request } from '../protocol.ts'
import { createAnswers } from './answers.ts'
import { refusalOf } from './refusal.ts'
import { TypedPin, type PinPort } from './typed-pin.ts'

/** utilityProcess's side of the channel; Node has no such thing. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown; ports: PinPort[] }) => void): void
}

const { parentPort } = process as NodeJS.Process & { parentPort?: ParentPort }
/**
 * The kernel gives a process whose parent has died another one (Windows does not): told between two synchronous calls, when the closed
 * channel cannot be noticed yet.
 */
const owner = process.ppid
const typedPin = new TypedPin()
const answers = createAnswers(typedPin) as Record<string, (...given: unknown[]) => unknown>

/** Replies wait for each other this many milliseconds at most: with a slow token each goes out by itself. */
const REPLY_WITHIN = 5
let waiting: Reply[] = []
let lastSent = 0

if (parentPort) {
  parentPort.on('message', ({ data, ports: [pinPort] }) => {
    if (pinPort) typedPin.listen(pinPort)
    else work(data as Request[])
  })
} else {
  process.on('message', (batch) => { work(batch as Request[]) })
  // The owner has gone, or has let go of us.
  process.on('disconnect', () => process.exit(0))
}

// Ctrl-C and a service manager's SIGTERM reach the whole process group. The owner decides when its hosts end, after it has
// finished its calls; it ends them with SIGKILL, or by closing the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

function work(batch: readonly Request[]): void {
  lastSent = performance.now()
  for (const request of batch) {
    // A crash in the next call must not lose what is already done; it is worth a message where it takes long anyway.
    if (operations[request[1]].mutates) send()
    if (orphaned()) process.exit(0)
    waiting.push(answer(request))
    if (orphaned()) withdraw(request)
    if (performance.now() - lastSent >= REPLY_WITHIN) send()
  }
  send()
  // Not before: one message keeps the identity of objects, so several calls of a batch may hold the same buffer.
  for (const [, , ...given] of batch) wipe(given)
}

function orphaned(): boolean {
  return process.ppid !== owner
}

/**
 * Ends this host, whose owner died during the call. The next owner may have undone the change before the token had made the key: a key that
 * nobody will ever ask for goes again. If the owner dies after this, the key was there before, and the next one finds it.
 */
function withdraw([id, name, ...given]: Request): never {
  if (name === 'generateKey') answer([id, 'destroyKey', given[1], given[2]])
  process.exit(0)
}

function answer([id, name, ...given]: Request): Reply {
  try {
    return [id, 0, answers[name]?.(...given)]
  } catch (error) {
    return [id, 1, refusalOf(error)]
  }
}

function send(): void {
  if (waiting.length > 0) {
    if (parentPort) parentPort.postMessage(waiting)
    else process.send?.(waiting)
    // Both have serialised the message by now: what is left here are our own copies.
    for (const [, , content] of waiting) wipe(content)
    waiting = []
  }
  lastSent = performance.now()
}

/** Zeroes every buffer in arguments or a result: some are PINs, data keys or plaintexts, and none is needed any more. */
function wipe(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) wipe(part)
}
