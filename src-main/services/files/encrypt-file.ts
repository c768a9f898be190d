import { encryptedName } from '#core/files/names.ts'
import { contextForWriting, type ContextPairs } from '#core/messages/context.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { FRAME_LENGTH, MESSAGE_ID_LENGTH } from '#core/messages/suite.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { ByteSink, ByteSource, ExistingFile, Files } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import type { DataKeys } from './data-keys.ts'
import { sealFile, sealFrames, type FramePump } from './frames.ts'
import type { Job, Jobs, Progress } from './jobs.ts'

export interface FileParts {
  readonly ambient: Ambient
  readonly crypto: Crypto
  readonly files: Files
  readonly dataKeys: DataKeys
  readonly jobs: Jobs
}

export interface EncryptFileRequest {
  /** Absolute. */
  readonly path: string
  /** As AWS KMS's KeyId. */
  readonly keyId: string
  readonly context: EncryptionContext
  /** Absolute; beside the original if undefined. */
  readonly folder: string | undefined
  readonly existing: ExistingFile
  readonly job: Job
}

export interface FileResult {
  /** Of the new file. */
  readonly path: string
  readonly keyArn: string
  /** Bytes of the new file. */
  readonly size: number
}

/** A file on the host into an encrypted one. The original stays as it is; the new file appears whole or not at all. */
export function encryptFile(parts: FileParts): Operation<EncryptFileRequest, Targeted, FileResult> {
  const { files, jobs } = parts
  return {
    name: 'EncryptFile',
    action: 'holdfast:EncryptFile',
    readOnly: false,
    request: ({ path, keyId, context, folder }) => ({ path, keyId, encryptionContext: context, ...(folder === undefined ? {} : { folder }) }),
    check: ({ context }) => { contextForWriting(context) },
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, keyId, context, folder, existing, job }) {
      const source = await files.open(path)
      try {
        const target = await files.create({ folder: folder ?? source.folder, name: encryptedName(source.name), size: source.size, facts: source.facts, existing })
        try {
          const { header, pump, ...made } = await beginMessage(parts, { connection, keyId, context: contextForWriting(context), size: source.size, job, file: path })
          using _key = pump.bytes
          await target.write([header])
          await sealFile(files.engine, pump, source, target)
          await source.requireUnchanged()
          // The last moment in which a cancelled job leaves nothing.
          jobs.proceed(job, { done: source.size, total: source.size })
          const result = { path: await target.commit(), ...made }
          return { settle: () => result, response: () => ({ ...result }) }
        } finally {
          await target.discard()
        }
      } finally {
        await source.close()
      }
    },
  }
}

/** A whole message from a source to a sink, piece by piece, under a fresh data key. */
export async function encryptBytes(
  parts: FileParts,
  work: { connection: Connection; keyId: string; context: ContextPairs; source: ByteSource; sink: ByteSink; job: Job; file: string },
): Promise<{ readonly keyArn: string; readonly size: number }> {
  const { source, sink, ...wanted } = work
  const { header, pump, ...made } = await beginMessage(parts, { ...wanted, size: source.size })
  using _key = pump.bytes
  await sink.write([header])
  await sealFrames(pump, source, sink)
  return made
}

/** The header of a new message under a fresh data key, and what its frames need. The caller wipes `pump.bytes`. */
async function beginMessage(
  { ambient, crypto, dataKeys, jobs }: FileParts,
  work: { connection: Connection; keyId: string; context: ContextPairs; size: number; job: Job; file: string },
): Promise<{ readonly header: Uint8Array; readonly pump: FramePump; readonly keyArn: string; readonly size: number }> {
  const messageId = ambient.random(MESSAGE_ID_LENGTH)
  const { dataKey, encrypted, keyArn } = await dataKeys.generate(work.connection, work.keyId, work.context)
  using wipedSoon = dataKey
  const { header, ...key } = sealHeader(crypto, wipedSoon, { messageId, context: work.context, dataKeys: [encrypted], frameLength: FRAME_LENGTH })
  const layout = layoutOfPlaintext(header.length, FRAME_LENGTH, work.size)
  if (layout === undefined) throw new VaultError('FILE_UNREADABLE', { file: work.file, reason: 'it is larger than a message can be' })
  const pump = { ...key, messageId, layout, proceed: (progress: Progress) => { jobs.proceed(work.job, progress) } }
  return { header, pump, keyArn, size: layout.messageLength }
}
