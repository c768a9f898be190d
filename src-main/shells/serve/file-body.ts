import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ByteSource } from '#core/ports/files.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { DownloadSink } from '#services/files/uploads.ts'
import { commonHeaders } from './headers.ts'

/** A browser that sends nothing for so long has gone, in milliseconds. */
const SILENCE = 60_000
/** One that takes nothing for so long has too; a person may hold a download for a while. */
const PAUSE = 5 * 60_000

/** A request's body, read from front to back and no faster than it is wanted. Throws CANCELLED if it ends early. */
export function bodyOf(request: IncomingMessage, size: number): ByteSource {
  const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  let at = 0
  request.setTimeout(SILENCE, () => request.destroy())

  async function more(): Promise<Uint8Array> {
    try {
      const next = await chunks.next()
      if (next.done !== true) return next.value
    } catch (error) {
      // Node's own error of a peer that went away; the stream has no other.
      if (!(error instanceof Error)) throw error
    }
    throw new VaultError('CANCELLED')
  }

  return {
    size,
    async read(into, position) {
      if (position !== at) unreachable('a body that is not read in order')
      for (let filled = 0; filled < into.length;) {
        if (rest.length === 0) rest = await more()
        const taken = rest.subarray(0, into.length - filled)
        into.set(taken, filled)
        filled += taken.length
        rest = rest.subarray(taken.length)
      }
      at += into.length
      // From here on it is us who take time.
      if (at === size) request.setTimeout(0)
    },
  }
}

/** A response as a file to be saved. A part counts as written once the kernel has it, so a slow reader holds us back. */
export function attachmentOf(response: ServerResponse): DownloadSink {
  return {
    begin(name, size) {
      response.setTimeout(PAUSE, () => response.destroy())
      response.writeHead(200, {
        ...commonHeaders,
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': disposition(name),
        'Content-Length': size,
        'Cache-Control': 'no-store',
      })
    },
    async write(parts) {
      for (const part of parts) if (part.length > 0) await written(response, part)
    },
  }
}

function written(response: ServerResponse, part: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => { reject(new VaultError('CANCELLED')) }
    if (response.destroyed) {
      gone()
      return
    }
    // A response that is closed may never call back what was still queued.
    response.once('close', gone)
    response.write(part, (error) => {
      response.off('close', gone)
      if (error === null || error === undefined) resolve()
      else gone()
    })
  })
}

/** RFC 6266: the name in RFC 8187's encoding, and an ASCII one for who does not know that. */
export function disposition(name: string): string {
  const wellFormed = name.toWellFormed()
  const ascii = wellFormed.replaceAll(/[^A-Za-z0-9 ._-]/g, '_')
  const encoded = encodeURIComponent(wellFormed).replaceAll(/['()*!]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
