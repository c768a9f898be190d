import { decryptedName } from '#core/files/names.ts'
import { contextHolds } from '#core/messages/context.ts'
import { signingPoint } from '#core/messages/footer.ts'
import { openHeader } from '#core/messages/keys.ts'
import type { Layout } from '#core/messages/layout.ts'
import type { ByteSink, ByteSource, ExistingFile, SourceFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import type { FileParts, FileResult } from './encrypt-file.ts'
import { openFile, openFrames, type FramePump } from './frames.ts'
import type { Job, Progress } from './jobs.ts'
import { readFront, requireCommitment, requireLayout, type CommitmentPolicy, type MessageFront } from './message.ts'
import { readRawKey, type RawKey } from './raw-keys.ts'
import { readAhead } from './read-ahead.ts'

/** What is expected of an encrypted file, and what may open it. */
export interface DecryptionChoice {
  /** Pairs that the file's context must hold; undefined expects nothing. */
  readonly context: EncryptionContext | undefined
  readonly commitment: CommitmentPolicy
  /** Absolute paths of raw keys, which are tried before those of the vault. */
  readonly keyFiles: readonly string[]
}

export interface DecryptFileRequest extends DecryptionChoice {
  /** Absolute. */
  readonly path: string
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
    request: ({ path, folder, ...choice }) => ({ path, ...expectations(choice), ...(folder === undefined ? {} : { folder }) }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, folder, existing, job, ...choice }) {
      const source = await files.open(path)
      try {
        const { front, layout } = await readExpected(source, choice, path)
        const size = layout.plaintextLength
        const target = await files.create({ folder: folder ?? source.folder, name: decryptedName(source.name), size, facts: source.facts, existing })
        try {
          const { keyArn, pump } = await openFromFile(parts, { connection, choice, front, layout, source, job })
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

/** What the record keeps of a choice. */
export function expectations({ context, commitment, keyFiles }: DecryptionChoice): Record<string, Json> {
  return {
    ...(context === undefined ? {} : { encryptionContext: context }),
    ...(commitment === 'require' ? {} : { commitment }),
    ...(keyFiles.length === 0 ? {} : { keyFiles: [...keyFiles] }),
  }
}

/** What can be refused before any key is used. Throws MALFORMED, NOT_AUTHENTIC, CONTEXT_DIFFERS. */
export async function readExpected(
  source: ByteSource,
  { context, commitment }: Pick<DecryptionChoice, 'context' | 'commitment'>,
  file: string,
): Promise<{ front: MessageFront; layout: Layout }> {
  const front = await readFront(source)
  requireCommitment(front, commitment)
  const layout = requireLayout(front, file)
  if (context !== undefined && !contextHolds(front.header.context, context)) throw new VaultError('CONTEXT_DIFFERS', { file })
  return { front, layout }
}

/** The same as `openMessage`, with the raw keys that the choice names, and with the signature verified if there is one. */
export async function openFromFile(
  parts: FileParts,
  work: { connection: Connection; choice: DecryptionChoice; front: MessageFront; layout: Layout; source: SourceFile; job: Job },
): Promise<{ readonly keyArn: string; readonly pump: FramePump }> {
  const { connection, front, layout, source, job } = work
  const file = source.path
  const rawKeys: RawKey[] = []
  try {
    for (const path of work.choice.keyFiles) rawKeys.push(await readRawKey(parts, path))
    const opened = await openMessage(parts, { connection, front, layout, job, file, rawKeys })
    try {
      await requireSignature(parts, { front, layout, source, job, file })
      return opened
    } catch (error) {
      opened.pump.bytes.wipe()
      throw error
    }
  } finally {
    for (const rawKey of rawKeys) rawKey[Symbol.dispose]()
  }
}

/** Has the message's key opened; its header is authentic from here on. The caller wipes `pump.bytes`. */
export async function openMessage(
  { crypto, dataKeys, jobs }: FileParts,
  work: { connection: Connection; front: MessageFront; layout: Layout; job: Job; file: string; rawKeys: readonly RawKey[] },
): Promise<{ readonly keyArn: string; readonly pump: FramePump }> {
  const { header, body, tag } = work.front
  const { opened, keyArn } = await dataKeys.open(work.connection, { header, file: work.file, rawKeys: work.rawKeys }, (dataKey) => openHeader(crypto, dataKey, header, body, tag))
  const pump = { ...opened, messageId: header.messageId, layout: work.layout, proceed: (progress: Progress) => { jobs.proceed(work.job, progress) } }
  return { keyArn, pump }
}

/** Verifies a whole message and keeps nothing of its plaintext. */
export async function verifyMessage(pump: FramePump, source: ByteSource, file: string): Promise<void> {
  const nowhere: ByteSink = { write: () => Promise.resolve() }
  await openFrames(pump, source, nowhere, file)
}

/**
 * Of a signed message nothing may be released before its signature is verified, which is over all of it: it is read once for that, and
 * once more, with each frame's own tag, for its plaintext. Throws NOT_AUTHENTIC.
 */
export async function requireSignature(
  { crypto, jobs }: Pick<FileParts, 'crypto' | 'jobs'>,
  work: { front: MessageFront; layout: Layout; source: ByteSource; job: Job; file: string },
): Promise<void> {
  const { header, signature } = work.front
  const kind = header.suite.signature
  if (kind === undefined) return
  const point = signingPoint(header.context)
  const verifier = point && crypto.messages.createVerifier(kind, point)
  if (verifier === undefined || signature === undefined) throw new VaultError('NOT_AUTHENTIC', { what: work.file })
  const { messageLength, plaintextLength } = work.layout
  for await (const { bytes } of readAhead(work.source, pieces(messageLength), Math.min(PIECE, messageLength))) {
    jobs.proceed(work.job, { done: 0, total: plaintextLength })
    verifier.update(bytes)
  }
  if (!verifier.verify(signature)) throw new VaultError('NOT_AUTHENTIC', { what: work.file })
}

const PIECE = 1_048_576

function* pieces(size: number): Generator<{ position: number; length: number }, void> {
  for (let position = 0; position < size; position += PIECE) yield { position, length: Math.min(PIECE, size - position) }
}
