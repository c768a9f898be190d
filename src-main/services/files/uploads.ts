import { decryptedName, encryptedName } from '#core/files/names.ts'
import { contextForWriting } from '#core/messages/context.ts'
import type { ByteSink, ByteSource, SpoolFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import { openMessage, readExpected, requireSignature, verifyMessage } from './decrypt-file.ts'
import { encryptBytes, type FileParts } from './encrypt-file.ts'
import { openFrames } from './frames.ts'
import type { Job } from './jobs.ts'
import { readAhead } from './read-ahead.ts'
import type { ExpectedUpload, Ticket, Transfers } from './transfers.ts'

export interface TransferParts extends FileParts {
  readonly transfers: Transfers
}

/** What came of an upload: where to fetch the result, once. */
export interface ReceivedUpload {
  readonly download: Ticket
  readonly name: string
  /** Bytes of the result. */
  readonly size: number
  readonly keyArn: string
}

export interface DownloadSink extends ByteSink {
  /** Called once, before the first byte, when nothing but the frames themselves can fail any more. */
  begin(name: string, size: number): void
}

/** The three steps of a browser's file: announce, send, fetch. Only ciphertext is ever on the disk. */
export function transferFiles(parts: TransferParts) {
  const { transfers, jobs, files } = parts

  const prepareUpload: Operation<Omit<ExpectedUpload, 'session'>, Targeted, Ticket> = {
    name: 'PrepareUpload',
    action: 'holdfast:PrepareUpload',
    readOnly: true,
    request: described,
    check({ purpose }) {
      if (purpose.kind === 'encrypt') contextForWriting(purpose.context)
    },
    target: () => ({ resources: [] }),
    perform({ connection }, _target, upload) {
      const ticket = transfers.expect({ ...upload, session: connection.session })
      return { settle: () => ticket }
    },
  }

  const receiveUpload: Operation<{ readonly id: string; readonly source: ByteSource; readonly job: Job }, Targeted, ReceivedUpload> = {
    name: 'ReceiveUpload',
    action: 'holdfast:ReceiveUpload',
    readOnly: false,
    request({ id }) {
      const upload = transfers.expected(id)
      return upload === undefined ? null : described(upload)
    },
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { id, source, job }) {
      const upload = transfers.claimUpload(id, connection)
      try {
        if (source.size !== upload.size) throw new VaultError('ValidationException', { text: 'The file has another length than was announced.' })
        const spool = await files.spool(upload.size)
        try {
          const { name, ...made } = await received(connection, upload, untilStopped(source), spool, job)
          return {
            settle: () => ({ name, ...made, download: transfers.offer({ connection, spool, name, gives: upload.purpose.kind === 'encrypt' ? 'ciphertext' : 'plaintext' }) }),
            response: () => ({ name, ...made }),
            abandon: () => spool.close(),
          }
        } catch (error) {
          await spool.close()
          throw error
        }
      } finally {
        transfers.release()
      }
    },
  }

  const sendDownload: Operation<{ readonly id: string; readonly sink: DownloadSink; readonly job: Job }, Targeted, object> = {
    name: 'SendDownload',
    action: 'holdfast:SendDownload',
    readOnly: true,
    request: ({ id }) => ({ name: transfers.offered(id)?.name ?? null }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { id, sink, job }) {
      const { spool, name, gives } = transfers.claimDownload(id)
      const patient: ByteSink = { write: (bytes) => jobs.untilStopped(sink.write(bytes)) }
      try {
        if (gives === 'ciphertext') {
          sink.begin(name, spool.size)
          await copy(spool, patient, job)
        } else {
          // Verified whole when it came; now each frame again before it goes, and the key's word on it again.
          const { front, layout } = await readExpected(spool, { context: undefined, commitment: 'require' }, name)
          const { pump } = await openMessage(parts, { connection, front, layout, job, file: name, rawKeys: [] })
          using _key = pump.bytes
          sink.begin(name, layout.plaintextLength)
          await openFrames(pump, spool, patient, name)
        }
        return { settle: () => ({}) }
      } finally {
        await spool.close()
      }
    },
  }

  async function received(connection: Connection, upload: ExpectedUpload, source: ByteSource, spool: SpoolFile, job: Job): Promise<Omit<ReceivedUpload, 'download'>> {
    const { purpose, name: file } = upload
    if (purpose.kind === 'encrypt') {
      const made = await encryptBytes(parts, { connection, keyId: purpose.keyId, context: contextForWriting(purpose.context), source, sink: spool, job, file })
      return { name: encryptedName(file), ...made }
    }
    await copy(source, spool, job)
    const { front, layout } = await readExpected(spool, { context: purpose.context, commitment: 'require' }, file)
    const { keyArn, pump } = await openMessage(parts, { connection, front, layout, job, file, rawKeys: [] })
    using _key = pump.bytes
    await requireSignature(parts, { front, layout, source: spool, job, file })
    await verifyMessage(pump, spool, file)
    return { name: decryptedName(file), size: layout.plaintextLength, keyArn }
  }

  async function copy(source: ByteSource, sink: ByteSink, job: Job): Promise<void> {
    for await (const { position, bytes } of readAhead(source, pieces(source.size), Math.min(PIECE, source.size))) {
      jobs.proceed(job, { done: position, total: source.size })
      await sink.write([bytes])
    }
  }

  /** A browser may stop sending and say nothing. */
  function untilStopped(source: ByteSource): ByteSource {
    return { size: source.size, read: (into, position) => jobs.untilStopped(source.read(into, position)) }
  }

  return { prepareUpload, receiveUpload, sendDownload }
}

const PIECE = 1_048_576

function* pieces(size: number): Generator<{ position: number; length: number }, void> {
  for (let position = 0; position < size; position += PIECE) yield { position, length: Math.min(PIECE, size - position) }
}

function described({ name, size, purpose }: Omit<ExpectedUpload, 'session'>): Json {
  const { kind, context } = purpose
  return {
    name,
    size,
    purpose: kind,
    ...(kind === 'encrypt' ? { keyId: purpose.keyId } : {}),
    ...(context === undefined ? {} : { encryptionContext: context }),
  }
}
