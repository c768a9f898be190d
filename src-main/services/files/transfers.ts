import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { SpoolFile } from '#core/ports/files.ts'
import { toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Connection, Session } from '../sessions.ts'

// Files of a browser have no path: they come and go over HTTP. Each upload and each download has a one-time id of its own, 32 random
// bytes, of which only the hash is kept here.

/** An upload that was announced by a signed-in connection and has not begun. */
export interface ExpectedUpload {
  readonly session: Session | undefined
  /** The file's name as the browser has it: for the answer and the audit record, never a path. */
  readonly name: string
  /** Bytes that will come. */
  readonly size: number
  readonly purpose:
    | { readonly kind: 'encrypt'; readonly keyId: string; readonly context: EncryptionContext }
    | { readonly kind: 'decrypt'; readonly context: EncryptionContext | undefined }
}

/** Ciphertext in the spool that waits to be fetched. */
export interface OfferedDownload {
  /** Whoever sent the upload: the download is theirs, and only while they are signed in. */
  readonly connection: Connection
  readonly spool: SpoolFile
  /** The name that the browser is to give it. */
  readonly name: string
  /** `ciphertext` goes out as it is; `plaintext` is decrypted on its way. */
  readonly gives: 'ciphertext' | 'plaintext'
}

export interface Ticket {
  /** 64 hex digits. */
  readonly id: string
  /** Wall clock, milliseconds. */
  readonly expiresAt: number
}

/** What is waiting, each for a few minutes. */
export interface Transfers {
  /** Throws LimitExceededException if too many are waiting or under way. */
  expect(upload: ExpectedUpload): Ticket
  /** Without claiming it. */
  expected(id: string): ExpectedUpload | undefined
  /** Once only, and only for the session that announced it. Throws TRANSFER_ENDED. `release` is due when the upload is over. */
  claimUpload(id: string, connection: Connection): ExpectedUpload
  release(): void
  offer(download: OfferedDownload): Ticket
  /** Without claiming it. */
  offered(id: string): OfferedDownload | undefined
  /** Once only. Throws TRANSFER_ENDED. The caller closes the spool file. */
  claimDownload(id: string): OfferedDownload
  /** Nothing waits any more. */
  stop(): Promise<void>
}

/** How long an upload or a download waits to begin, in milliseconds. */
export const LIFETIME = 5 * 60_000
const MOST_TRANSFERS = 32
const SWEEP = 1000

export function createTransfers({ ambient, crypto }: { ambient: Ambient; crypto: Crypto }): Transfers {
  const uploads = new Map<string, Waiting<ExpectedUpload>>()
  const downloads = new Map<string, Waiting<OfferedDownload>>()
  let underWay = 0
  let sweeping = false

  const keyOf = (id: string): string => toHex(crypto.sha256(utf8(id.toWellFormed())))

  function wait<T>(waiting: Map<string, Waiting<T>>, what: T): Ticket {
    const id = toHex(ambient.random(32))
    waiting.set(keyOf(id), { what, until: ambient.monotonic() + LIFETIME })
    void sweep()
    return { id, expiresAt: ambient.now() + LIFETIME }
  }

  function find<T>(waiting: Map<string, Waiting<T>>, id: string): T | undefined {
    const found = waiting.get(keyOf(id))
    return found !== undefined && ambient.monotonic() < found.until ? found.what : undefined
  }

  /** Room in the spool is given back when its time is over, not when somebody next looks. Runs only while something waits. */
  async function sweep(): Promise<void> {
    if (sweeping) return
    sweeping = true
    while (uploads.size + downloads.size > 0) {
      await ambient.wait(SWEEP)
      const now = ambient.monotonic()
      for (const [key, { until }] of uploads) if (now >= until) uploads.delete(key)
      for (const [key, { until, what }] of downloads) if (now >= until && downloads.delete(key)) await what.spool.close()
    }
    sweeping = false
  }

  return {
    expect(upload) {
      if (uploads.size + downloads.size + underWay >= MOST_TRANSFERS) {
        throw new VaultError('LimitExceededException', { text: `No more than ${MOST_TRANSFERS} files may be on their way at once.` })
      }
      return wait(uploads, upload)
    },

    expected: (id) => find(uploads, id),

    claimUpload(id, { session }) {
      const upload = find(uploads, id)
      if (upload === undefined || session === undefined || upload.session !== session) throw new VaultError('TRANSFER_ENDED')
      uploads.delete(keyOf(id))
      underWay += 1
      return upload
    },

    release() {
      underWay -= 1
    },

    offer: (download) => wait(downloads, download),

    offered: (id) => find(downloads, id),

    claimDownload(id) {
      const download = find(downloads, id) ?? ended()
      downloads.delete(keyOf(id))
      return download
    },

    async stop() {
      uploads.clear()
      const spools = [...downloads.values()].map(({ what }) => what.spool)
      downloads.clear()
      for (const spool of spools) await spool.close()
    },
  }
}

interface Waiting<T> {
  readonly what: T
  /** Monotonic. */
  readonly until: number
}

function ended(): never {
  throw new VaultError('TRANSFER_ENDED')
}
