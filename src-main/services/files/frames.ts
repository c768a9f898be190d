import type { ByteSink, ByteSource, FileEngine, SourceFile, TargetFile } from '#core/ports/files.ts'
import { createFrames, type Frames } from '#core/messages/frames.ts'
import { frameAt, longestFrame, type Layout } from '#core/messages/layout.ts'
import type { MessageKey } from '#core/messages/keys.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Progress } from './jobs.ts'
import { readAhead, type Piece } from './read-ahead.ts'

/** Several short frames are read and written at once: about a MiB. */
const BATCH_BYTES = 1_048_576

/** The frames of one message, between a source and a sink. While a batch is ciphered, the next is read and the one before is written. */
export interface FramePump extends MessageKey {
  readonly messageId: Uint8Array
  readonly layout: Layout
  /** Called before each batch; what it throws ends the work. */
  proceed(progress: Progress): void
}

/** `sealFrames` between two files, by the engine's threads where they are worth it. */
export async function sealFile(engine: FileEngine | undefined, pump: FramePump, source: SourceFile, target: TargetFile): Promise<void> {
  if (engine?.suits(pump.layout) !== true) return sealFrames(pump, source, target)
  await engine.seal(source, target, bulkWork(pump))
}

/** `openFrames` between two files, by the engine's threads where they are worth it; without a target it verifies only. */
export async function openFile(engine: FileEngine | undefined, pump: FramePump, source: Opened, target: TargetFile | undefined): Promise<void> {
  if (engine?.suits(pump.layout) !== true) return openFrames(pump, source, target ?? nowhere, source.path)
  await requireFinal(pump, source, source.path)
  await engine.open(source, target, bulkWork(pump))
}

/** An open file, be it a source or what has just been written. */
type Opened = ByteSource & Pick<SourceFile, 'descriptor' | 'path'>

/** For what is verified and not kept. */
const nowhere: ByteSink = { write: () => Promise.resolve() }

function bulkWork(pump: FramePump) {
  return { key: pump.bytes, messageId: pump.messageId, layout: pump.layout, proceed: pump.proceed }
}

/** Ciphers the source's plaintext. Throws what source and sink throw. */
export async function sealFrames(pump: FramePump, source: ByteSource, sink: ByteSink): Promise<void> {
  const { layout } = pump
  const frames = createFrames(pump.key, pump.messageId, layout)
  await inTurn(pump, source, 'plaintext', sink, ({ first, last, bytes }) => {
    const parts: Uint8Array[] = []
    for (let number = first, at = 0; number <= last; number++) {
      const { plaintextLength } = frameAt(layout, number)
      parts.push(...frames.seal(number, bytes.subarray(at, at + plaintextLength)))
      at += plaintextLength
    }
    return parts
  })
}

/**
 * Opens a message's frames and gives each plaintext to the sink once its tag is verified, not before; and nothing before the final frame
 * is, without which the message would be cut. Throws NOT_AUTHENTIC, and what source and sink throw.
 */
export async function openFrames(pump: FramePump, source: ByteSource, sink: ByteSink, file: string): Promise<void> {
  const { layout } = pump
  const frames = createFrames(pump.key, pump.messageId, layout)
  await requireFinal(pump, source, file)
  await inTurn(pump, source, 'message', sink, (batch) => {
    const parts: Uint8Array[] = []
    for (let number = batch.first, at = 0; number <= batch.last; number++) {
      const { length } = frameAt(layout, number)
      parts.push(openOne(frames, number, batch.bytes.subarray(at, at + length), file))
      at += length
    }
    return parts
  })
}

/** Without its final frame a message may be cut anywhere. */
export async function requireFinal({ key, messageId, layout }: FramePump, source: ByteSource, file: string): Promise<void> {
  const final = frameAt(layout, layout.frames)
  const bytes = new Uint8Array(final.length)
  await source.read(bytes, final.position)
  openOne(createFrames(key, messageId, layout), layout.frames, bytes, file)
}

function openOne(frames: Frames, number: number, frame: Uint8Array, file: string): Uint8Array {
  const plaintext = frames.open(number, frame)
  if (plaintext === undefined) throw new VaultError('NOT_AUTHENTIC', { what: file })
  return plaintext
}

interface Batch extends Piece {
  readonly first: number
  readonly last: number
}

async function inTurn(
  { layout, proceed }: FramePump,
  source: ByteSource,
  side: 'plaintext' | 'message',
  sink: ByteSink,
  work: (batch: Batch & { readonly bytes: Uint8Array }) => readonly Uint8Array[],
): Promise<void> {
  const count = Math.max(1, Math.floor(BATCH_BYTES / layout.frameLength))
  const total = layout.plaintextLength
  let writing = Promise.resolve()
  try {
    for await (const batch of readAhead(source, batches(layout, count, side), longestBatch(layout, count))) {
      proceed({ done: frameAt(layout, batch.first).plaintextPosition, total })
      const parts = work(batch)
      await writing
      writing = sink.write(parts)
      // The next turn waits for it and gets its failure.
      writing.catch(() => undefined)
    }
    await writing
    proceed({ done: total, total })
  } finally {
    // A write must not go on behind the back of whoever discards the target.
    await Promise.allSettled([writing])
  }
}

function* batches(layout: Layout, count: number, side: 'plaintext' | 'message'): Generator<Batch, void> {
  for (let first = 1; first <= layout.frames; first += count) {
    const last = Math.min(first + count - 1, layout.frames)
    const [from, to] = [frameAt(layout, first), frameAt(layout, last)]
    yield side === 'message'
      ? { first, last, position: from.position, length: to.position + to.length - from.position }
      : { first, last, position: from.plaintextPosition, length: to.plaintextPosition + to.plaintextLength - from.plaintextPosition }
  }
}

/** On either side; a message's is the longer one. */
function longestBatch(layout: Layout, count: number): number {
  return Math.min(count, layout.frames) * longestFrame(layout)
}
