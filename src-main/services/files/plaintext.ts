import { createFrames } from '#core/messages/frames.ts'
import { frameAt } from '#core/messages/layout.ts'
import type { ByteSource } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { FramePump } from './frames.ts'

/**
 * A message's plaintext at any place: only the frames that hold it are read, and each is verified before a byte of it is given. That the
 * message is whole shows in its final frame, which the caller has verified before. Throws NOT_AUTHENTIC.
 */
export function plaintextOf(pump: FramePump, source: ByteSource, file: string): ByteSource {
  const { layout } = pump
  const frames = createFrames(pump.key, pump.messageId, layout)
  /** The last frame: reads that go forward meet it again. */
  let last: { readonly number: number; readonly plaintext: Uint8Array } | undefined

  async function frame(number: number): Promise<Uint8Array> {
    if (last?.number === number) return last.plaintext
    const { position, length } = frameAt(layout, number)
    const bytes = new Uint8Array(length)
    await source.read(bytes, position)
    const plaintext = frames.open(number, bytes)
    if (plaintext === undefined) throw new VaultError('NOT_AUTHENTIC', { what: file })
    last = { number, plaintext }
    return plaintext
  }

  return {
    size: layout.plaintextLength,
    async read(into, position) {
      for (let at = 0; at < into.length;) {
        const number = layout.frameLength === 0 ? 1 : Math.min(layout.frames, Math.floor((position + at) / layout.frameLength) + 1)
        const plaintext = await frame(number)
        const from = position + at - frameAt(layout, number).plaintextPosition
        const part = plaintext.subarray(from, from + into.length - at)
        if (part.length === 0) throw new VaultError('FILE_CHANGED', { file })
        into.set(part, at)
        at += part.length
      }
    },
  }
}
