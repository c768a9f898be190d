import type { ByteSource } from '#core/ports/files.ts'

export interface Piece {
  readonly position: number
  readonly length: number
}

/** Pieces up to this length are read while the one before is worked on; of longer ones one at a time is enough in memory. */
const MOST_AHEAD = 8_388_608

/** Reads pieces in their order. The bytes of a piece are good until the next one is asked for. */
export async function* readAhead<P extends Piece>(source: ByteSource, pieces: Iterable<P>, longest: number): AsyncGenerator<P & { readonly bytes: Uint8Array }, void> {
  const free = Array.from({ length: longest <= MOST_AHEAD ? 2 : 1 }, () => new Uint8Array(longest))
  const waiting = pieces[Symbol.iterator]()
  let reading: { readonly piece: P; readonly buffer: Uint8Array<ArrayBuffer>; readonly done: Promise<void> } | undefined

  /** Begins the next read, if none is under way and a buffer is free for it. */
  function begin(): void {
    if (reading !== undefined) return
    const buffer = free.pop()
    if (buffer === undefined) return
    const next: IteratorResult<P, unknown> = waiting.next()
    if (next.done === true) return
    const piece = next.value
    const done = source.read(buffer.subarray(0, piece.length), piece.position)
    // Whoever waits for it gets the failure; until then it is nobody's.
    done.catch(() => undefined)
    reading = { piece, buffer, done }
  }

  begin()
  try {
    while (reading !== undefined) {
      const { piece, buffer, done } = reading
      await done
      reading = undefined
      begin()
      yield { ...piece, bytes: buffer.subarray(0, piece.length) }
      free.push(buffer)
      begin()
    }
  } finally {
    // A read must not go on behind the back of whoever closes the source.
    await Promise.allSettled([reading?.done])
  }
}
