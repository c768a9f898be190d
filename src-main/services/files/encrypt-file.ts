import { encryptedName } from '#core/files/names.ts'
import { contextForWriting, type ContextPairs } from '#core/messages/context.ts'
import { encodeFooter, withSigningPoint } from '#core/messages/footer.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { FRAME_LENGTH, MESSAGE_ID_LENGTH, MOST_DATA_KEYS, PLAIN_SUITE, SIGNED_SUITE } from '#core/messages/suite.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Crypto } from '#core/ports/crypto.ts'
import type { ByteSink, ByteSource, ExistingFile, Files, SourceFile, TargetFile } from '#core/ports/files.ts'
import type { MessageSigner, RsaRecipient } from '#core/ports/message-crypto.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { EncryptionContext } from '#core/vocabulary/kms.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import type { DataKeys, Wrapping } from './data-keys.ts'
import { openFile, sealFile, sealFrames, type FramePump } from './frames.ts'
import type { Job, Jobs, Progress } from './jobs.ts'
import { readSmall } from './raw-keys.ts'

export interface FileParts {
  readonly ambient: Ambient
  readonly crypto: Crypto
  readonly files: Files
  readonly dataKeys: DataKeys
  readonly jobs: Jobs
}

/** How a new file is to be encrypted. */
export interface EncryptionChoice {
  /** As AWS KMS's KeyId; at least one. Any of them opens the file. */
  readonly keyIds: readonly string[]
  /** Absolute paths of RSA public keys in PEM. Their owners open the file too, without this vault. */
  readonly recipients: readonly string[]
  readonly context: EncryptionContext
  /** `ecdsa`: suite 0578, so that whoever can decrypt cannot alter it unseen. Slower, and released only whole. */
  readonly signature: 'none' | 'ecdsa'
  /** `verify`: every byte of the result is read back and verified before it gets its name. */
  readonly afterwards: 'nothing' | 'verify'
}

export interface EncryptFileRequest extends EncryptionChoice {
  /** Absolute. */
  readonly path: string
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
    request: ({ path, folder, ...choice }) => ({ path, ...described(choice), ...(folder === undefined ? {} : { folder }) }),
    check: checkChoice,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, folder, existing, job, ...choice }) {
      const source = await files.open(path)
      try {
        const target = await files.create({ folder: folder ?? source.folder, name: encryptedName(source.name), size: source.size, facts: source.facts, existing })
        try {
          const made = await encryptBetween(parts, { connection, choice, source, target, job })
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

/** What the record keeps of a choice. */
export function described({ keyIds, recipients, context, signature }: EncryptionChoice): Record<string, Json> {
  const [keyId = '', ...more] = keyIds
  return {
    keyId,
    ...(more.length === 0 ? {} : { furtherKeyIds: more }),
    ...(recipients.length === 0 ? {} : { recipients: [...recipients] }),
    ...(signature === 'none' ? {} : { signature }),
    encryptionContext: context,
  }
}

/** Throws ValidationException. */
export function checkChoice({ context, keyIds, recipients }: EncryptionChoice): void {
  contextForWriting(context)
  const count = keyIds.length + recipients.length
  if (keyIds.length === 0 || count > MOST_DATA_KEYS) {
    throw new VaultError('ValidationException', { text: `A file needs a key of this vault, and no more than ${MOST_DATA_KEYS} keys in all.` })
  }
}

/** The keys that a choice names, read. Throws MALFORMED, FILE_UNREADABLE. */
export async function wrappingOf({ files, crypto }: Pick<FileParts, 'files' | 'crypto'>, { keyIds, recipients }: EncryptionChoice): Promise<Wrapping> {
  const read: RsaRecipient[] = []
  for (const path of recipients) {
    const recipient = crypto.messages.readRecipient(await readSmall(files, path))
    if (recipient === undefined) throw new VaultError('MALFORMED', { what: `an RSA public key in PEM: ${path}` })
    read.push(recipient)
  }
  return { keyIds, recipients: read }
}

/** A whole message from one file into another, by the engine's threads where they are worth it. */
export async function encryptBetween(
  parts: FileParts,
  work: { connection: Connection; choice: EncryptionChoice; source: SourceFile; target: TargetFile; job: Job },
): Promise<{ readonly keyArn: string; readonly size: number }> {
  const { source, target } = work
  const seal = (pump: FramePump): Promise<void> => sealFile(parts.files.engine, pump, source, target)
  return encryptInto(parts, { ...work, file: source.path, seal })
}

/** A whole message from any source into a file. */
export async function encryptInto(
  parts: FileParts,
  work: { connection: Connection; choice: EncryptionChoice; source: ByteSource; file: string; target: TargetFile; job: Job; seal?: (pump: FramePump) => Promise<void> },
): Promise<{ readonly keyArn: string; readonly size: number }> {
  const { connection, choice, source, target, job, file } = work
  const wrapping = await wrappingOf(parts, choice)
  const signer = choice.signature === 'ecdsa' ? parts.crypto.messages.createSigner() : undefined
  const context = contextForWriting(choice.context)
  const { header, pump, keyArn, size } = await beginMessage(parts, { connection, wrapping, context, signer, size: source.size, job, file })
  using _key = pump.bytes
  let footer = new Uint8Array()
  if (signer === undefined) {
    await target.write([header])
    await (work.seal?.(pump) ?? sealFrames(pump, source, target))
  } else {
    const signed = signing(signer, target)
    await signed.write([header])
    await sealFrames(pump, source, signed)
    footer = encodeFooter(signer.sign())
    await target.write([footer])
  }
  const whole = size + footer.length
  if (choice.afterwards === 'verify') await verifyWritten(parts, { header, pump, target, size: whole })
  return { keyArn, size: whole }
}

/** What stands on the disk, byte for byte as it was meant. Throws NOT_AUTHENTIC, FILE_CHANGED. */
async function verifyWritten({ files, crypto }: FileParts, work: { header: Uint8Array; pump: FramePump; target: TargetFile; size: number }): Promise<void> {
  const { target, header, pump, size } = work
  const there = new Uint8Array(header.length)
  await target.read(there, 0)
  if (!crypto.equal(there, header)) throw new VaultError('NOT_AUTHENTIC', { what: target.path })
  await openFile(files.engine, pump, { size, path: target.path, descriptor: target.descriptor, read: (into, position) => target.read(into, position) }, undefined)
}

/** A whole message from a source to a sink, piece by piece, under a fresh data key. */
export async function encryptBytes(
  parts: FileParts,
  work: { connection: Connection; keyId: string; context: ContextPairs; source: ByteSource; sink: ByteSink; job: Job; file: string },
): Promise<{ readonly keyArn: string; readonly size: number }> {
  const { source, sink, keyId, ...wanted } = work
  const { header, pump, ...made } = await beginMessage(parts, { ...wanted, wrapping: { keyIds: [keyId], recipients: [] }, signer: undefined, size: source.size })
  using _key = pump.bytes
  await sink.write([header])
  await sealFrames(pump, source, sink)
  return made
}

/** The header of a new message under a fresh data key, and what its frames need. The caller wipes `pump.bytes`. */
async function beginMessage(
  { ambient, crypto, dataKeys, jobs }: FileParts,
  work: { connection: Connection; wrapping: Wrapping; context: ContextPairs; signer: MessageSigner | undefined; size: number; job: Job; file: string },
): Promise<{ readonly header: Uint8Array; readonly pump: FramePump; readonly keyArn: string; readonly size: number }> {
  const { signer } = work
  const messageId = ambient.random(MESSAGE_ID_LENGTH)
  const context = signer === undefined ? work.context : withSigningPoint(work.context, signer.publicPoint)
  const { dataKey, encrypted, keyArn } = await dataKeys.generate(work.connection, work.wrapping, context)
  using wipedSoon = dataKey
  const suite = signer === undefined ? PLAIN_SUITE : SIGNED_SUITE
  const { header, ...key } = sealHeader(crypto, wipedSoon, { suite, messageId, context, dataKeys: encrypted, frameLength: FRAME_LENGTH })
  const layout = layoutOfPlaintext(header.length, FRAME_LENGTH, work.size)
  if (layout === undefined) throw new VaultError('FILE_UNREADABLE', { file: work.file, reason: 'it is larger than a message can be' })
  const pump = { ...key, messageId, layout, proceed: (progress: Progress) => { jobs.proceed(work.job, progress) } }
  return { header, pump, keyArn, size: layout.messageLength }
}

/** Everything that is written is signed. */
function signing(signer: MessageSigner, sink: ByteSink): ByteSink {
  return {
    async write(parts) {
      for (const part of parts) signer.update(part)
      await sink.write(parts)
    },
  }
}
