import { decryptedName } from '#core/files/names.ts'
import { contextHolds } from '#core/messages/context.ts'
import { openHeader } from '#core/messages/keys.ts'
import type { Layout } from '#core/messages/layout.ts'
import type { ByteSink, ByteSource, ExistingFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import type { FileParts, FileResult } from './encrypt-file.ts'
import { openFile, openFrames, type FramePump } from './frames.ts'
import type { Job } from './jobs.ts'
import { readFront, requireLayout, type MessageFront } from './message.ts'

export interface DecryptFileRequest {
  /** Absolute. */
  readonly path: string
  /** Pairs that the file's context must hold; undefined expects nothing. */
  readonly context: EncryptionContext | undefined
  /** Absolute; beside the encrypted file if undefined. */
  readonly folder: string | undefined
  readonly existing: ExistingFile
  readonly job: Job
}

/** An encrypted file on the host into its plaintext, which appears once every byte of it is verified, or not at all. */
export function decryptFile(parts: FileParts): Operation<DecryptFileRequest, Targeted, FileResult> {
  const { files, jobs } = parts
  return {
    name: 'DecryptFile',
    action: 'holdfast:DecryptFile',
    readOnly: false,
    request: ({ path, context, folder }) => ({ path, ...(context === undefined ? {} : { encryptionContext: context }), ...(folder === undefined ? {} : { folder }) }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, context, folder, existing, job }) {
      const source = await files.open(path)
      try {
        const { front, layout } = await readExpected(source, context, path)
        const size = layout.plaintextLength
        const target = await files.create({ folder: folder ?? source.folder, name: decryptedName(source.name), size, facts: source.facts, existing })
        try {
          const { keyArn, pump } = await openMessage(parts, { connection, front, layout, job, file: path })
          using _key = pump.bytes
          await openFile(files.engine, pump, source, target)
          jobs.proceed(job, { done: size, total: size })
          const result = { path: await target.commit(), keyArn, size }
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

/** What can be refused before any key is used. Throws MALFORMED, NOT_AUTHENTIC, CONTEXT_DIFFERS. */
export async function readExpected(source: ByteSource, context: EncryptionContext | undefined, file: string): Promise<{ front: MessageFront; layout: Layout }> {
  const front = await readFront(source)
  const layout = requireLayout(front, file)
  if (context !== undefined && !contextHolds(front.header.context, context)) throw new VaultError('CONTEXT_DIFFERS', { file })
  return { front, layout }
}

/** Has the message's key opened; its header is authentic from here on. The caller wipes `pump.bytes`. */
export async function openMessage(
  { crypto, dataKeys, jobs }: FileParts,
  work: { connection: Connection; front: MessageFront; layout: Layout; job: Job; file: string },
): Promise<{ readonly keyArn: string; readonly pump: FramePump }> {
  const { header, body, tag } = work.front
  const opened = await dataKeys.open(work.connection, header, work.file)
  using dataKey = opened.dataKey
  const key = openHeader(crypto, dataKey, header, body, tag)
  if (key === undefined) throw new VaultError('NOT_AUTHENTIC', { what: work.file })
  const pump = { ...key, messageId: header.messageId, layout: work.layout, proceed: (progress: { done: number; total: number }) => { jobs.proceed(work.job, progress) } }
  return { keyArn: opened.keyArn, pump }
}

/** Verifies a whole message and keeps nothing of its plaintext. */
export async function verifyMessage(pump: FramePump, source: ByteSource, file: string): Promise<void> {
  const nowhere: ByteSink = { write: () => Promise.resolve() }
  await openFrames(pump, source, nowhere, file)
}
