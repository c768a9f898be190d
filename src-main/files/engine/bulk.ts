import { readSync, writeSync } from 'node:fs'
import { frameAAD, frameHead, ivOf, readFrameHead } from '#core/messages/frames.ts'
import { frameAt, longestFrame } from '#core/messages/layout.ts'
import { TAG_LENGTH } from '#core/messages/suite.ts'
import { systemCode } from '../failures.ts'
import type { Provider } from './cipher.ts'
import { CONTROL, type Bulk, type Ended } from './protocol.ts'

/**
 * One thread's part of a message: it takes batches of frames until there is none, reads each at its place, ciphers it, writes it at its
 * place. Calls of the system are made synchronously, since this thread has nothing else to do.
 */
export function runBulk(provider: Provider, bulk: Bulk): Ended {
  const { control, layout, framesPerBatch } = bulk
  const cipher = provider.open(bulk.key)
  const room = Math.min(framesPerBatch, layout.frames) * longestFrame(layout)
  const [input, output] = [scratch(0, room), scratch(1, room)]
  try {
    for (;;) {
      if (Atomics.load(control, CONTROL.stop) !== 0) return { outcome: 'done' }
      const first = Atomics.add(control, CONTROL.next, 1) * framesPerBatch + 1
      if (first > layout.frames) return { outcome: 'done' }
      const last = Math.min(first + framesPerBatch - 1, layout.frames)
      const ended = bulk.kind === 'seal' ? sealBatch(first, last) : openBatch(first, last)
      if (ended !== undefined) return stopped(ended)
      Atomics.add(control, CONTROL.done, 1)
    }
  } catch (error) {
    return stopped({ outcome: 'broken', text: error instanceof Error ? error.message : 'unknown' })
  } finally {
    cipher.close()
    input.fill(0)
    output.fill(0)
  }

  /** What one thread cannot do, no other needs to go on with. */
  function stopped(ended: Ended): Ended {
    Atomics.store(control, CONTROL.stop, 1)
    return ended
  }

  function sealBatch(first: number, last: number): Ended | undefined {
    const [from, to] = [frameAt(layout, first), frameAt(layout, last)]
    const plaintext = input.subarray(0, to.plaintextPosition + to.plaintextLength - from.plaintextPosition)
    const failed = fill(bulk.source, plaintext, from.plaintextPosition)
    if (failed !== undefined) return failed
    for (let number = first; number <= last; number++) {
      const { position, length, plaintextPosition, plaintextLength } = frameAt(layout, number)
      const frame = output.subarray(position - from.position, position - from.position + length)
      const head = frameHead(layout, number)
      frame.set(head)
      const at = plaintextPosition - from.plaintextPosition
      const body = frame.subarray(head.length, head.length + plaintextLength)
      cipher.seal(ivOf(number), frameAAD(bulk.messageId, layout, number), plaintext.subarray(at, at + plaintextLength), body, frame.subarray(-TAG_LENGTH))
    }
    return bulk.target === undefined ? undefined : put(control, bulk.target, output.subarray(0, to.position + to.length - from.position), from.position)
  }

  function openBatch(first: number, last: number): Ended | undefined {
    const [from, to] = [frameAt(layout, first), frameAt(layout, last)]
    const message = input.subarray(0, to.position + to.length - from.position)
    const failed = fill(bulk.source, message, from.position)
    if (failed !== undefined) return failed
    for (let number = first; number <= last; number++) {
      const { position, length, plaintextPosition, plaintextLength } = frameAt(layout, number)
      const frame = message.subarray(position - from.position, position - from.position + length)
      const head = readFrameHead(layout, number, frame)
      if (head === undefined) return { outcome: 'not-authentic' }
      const at = plaintextPosition - from.plaintextPosition
      const into = output.subarray(at, at + plaintextLength)
      if (!cipher.open(head.iv, frameAAD(bulk.messageId, layout, number), frame.subarray(head.length, -TAG_LENGTH), frame.subarray(-TAG_LENGTH), into)) {
        return { outcome: 'not-authentic' }
      }
    }
    return bulk.target === undefined ? undefined : put(control, bulk.target, output.subarray(0, to.plaintextPosition + to.plaintextLength - from.plaintextPosition), from.plaintextPosition)
  }
}

/** A thread's buffers stay for the next job: two, of a batch each. */
const kept: (Buffer | undefined)[] = []

function scratch(which: number, length: number): Buffer {
  const there = kept[which]
  if (there !== undefined && there.length >= length) return there.subarray(0, length)
  const made = Buffer.alloc(length)
  kept[which] = made
  return made
}

function fill(descriptor: number, into: Uint8Array, position: number): Ended | undefined {
  try {
    for (let at = 0; at < into.length;) {
      const count = readSync(descriptor, into, at, into.length - at, position + at)
      if (count === 0) return { outcome: 'cut' }
      at += count
    }
    return undefined
  } catch (error) {
    return systemFailure('read', error)
  }
}

/** In turns: the system lets one writer at a file anyway, and the others would burn the processor while they wait in it. */
function put(control: Int32Array, descriptor: number, bytes: Uint8Array, position: number): Ended | undefined {
  while (Atomics.compareExchange(control, CONTROL.writing, 0, 1) !== 0) Atomics.wait(control, CONTROL.writing, 1)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at)
    return undefined
  } catch (error) {
    return systemFailure('write', error)
  } finally {
    Atomics.store(control, CONTROL.writing, 0)
    Atomics.notify(control, CONTROL.writing, 1)
  }
}

function systemFailure(side: 'read' | 'write', error: unknown): Ended {
  const code = systemCode(error)
  if (code === undefined) throw error
  return { outcome: 'system', side, code }
}
