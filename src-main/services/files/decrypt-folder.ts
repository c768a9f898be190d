import { decryptedName, isEncryptedName } from '#core/files/names.ts'
import { encodeHeader } from '#core/messages/header.ts'
import { COMMITMENT_LENGTH, MESSAGE_ID_LENGTH, PLAIN_SUITE } from '#core/messages/suite.ts'
import type { ExistingFile, WalkedFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import { expectations, openFromFile, readExpected, type DecryptionChoice } from './decrypt-file.ts'
import { MOST_SMALL, placing, told } from './encrypt-folder.ts'
import type { FileParts } from './encrypt-file.ts'
import { asSmall, createTally, type FolderResult, type Tally } from './folder-job.ts'
import { openFile } from './frames.ts'
import type { Job } from './jobs.ts'
import { openHeader } from '#core/messages/keys.ts'

export interface DecryptFolderRequest extends DecryptionChoice {
  /** Absolute. */
  readonly path: string
  /** Absolute; the tree is mirrored there. Beside each encrypted file if undefined. */
  readonly folder: string | undefined
  readonly existing: ExistingFile
  readonly job: Job
}

/** A batch has at least so many files: for fewer, threads and one data key in memory save nothing. */
const WORTH_A_BATCH = 8

/** All encrypted files of a folder, by their names' endings. A file that fails keeps no other from being done. */
export function decryptFolder(parts: FileParts): Operation<DecryptFolderRequest, Targeted, FolderResult> {
  const { files, jobs } = parts
  return {
    name: 'DecryptFolder',
    action: 'holdfast:DecryptFolder',
    readOnly: false,
    request: ({ path, folder, ...choice }) => ({ path, ...expectations(choice), ...(folder === undefined ? {} : { folder }) }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, folder, existing, job, ...choice }) {
      const tree = await files.walk(path)
      const encrypted = tree.files.filter(({ name }) => isEncryptedName(name))
      const tally = createTally(jobs, job, encrypted.reduce((sum, { size }) => sum + size, 0), encrypted.length)
      for (const { path: refused, reason } of tree.refused) tally.failed(refused, new VaultError('FILE_UNREADABLE', { file: refused, reason }))
      const placed = placing(folder, encrypted)
      await files.makeFolders(placed.made)
      const rest = await inBatches(parts, { connection, choice, files: encrypted, folderOf: placed.of, existing, tally })
      for (const file of rest) await alone(parts, { connection, choice, file, folder: placed.of(file), existing, tally, job })
      await files.syncFolders(placed.all)
      const result = tally.result(folder ?? path)
      return { settle: () => result, response: () => ({ folder: result.folder, files: result.files, size: result.size, failed: result.failed }) }
    },
  }
}

interface Batch {
  readonly connection: Connection
  readonly choice: DecryptionChoice
  readonly files: readonly WalkedFile[]
  readonly folderOf: (file: WalkedFile) => string
  readonly existing: ExistingFile
  readonly tally: Tally
}

/** What was written as a batch is read as one: as long as the first small file's data key opens others too. What is left is one by one. */
async function inBatches(parts: FileParts, work: Batch): Promise<WalkedFile[]> {
  const { engine } = parts.files
  let small = work.files.filter(({ size }) => size <= MOST_SMALL)
  const rest = work.files.filter(({ size }) => size > MOST_SMALL)
  while (engine !== undefined && small.length >= WORTH_A_BATCH) {
    const before = small.length
    const shared = await sharedKey(parts, work, small[0]?.path ?? '')
    if (shared === undefined) break
    using dataKey = shared.dataKey
    const outcomes = await engine.many('open', asSmall(small, work.folderOf, decryptedName), { dataKey, header: shared.header, existing: work.existing, told: told(small, work.tally) })
    small = work.tally.small(small, outcomes, work.folderOf)
    if (before - small.length < WORTH_A_BATCH) break
  }
  return [...small, ...rest]
}

/** The data key of a file, and its header body as all of its batch have it; undefined if it is none that we write in batches. */
async function sharedKey(parts: FileParts, { connection, choice }: Batch, path: string): Promise<{ readonly dataKey: Secret; readonly header: Uint8Array } | undefined> {
  if (choice.keyFiles.length > 0) return undefined
  try {
    const source = await parts.files.open(path)
    try {
      const { front } = await readExpected(source, choice, path)
      const { header, body, tag } = front
      if (header.suite !== PLAIN_SUITE || header.frameLength === 0) return undefined
      const { opened } = await parts.dataKeys.open(connection, { header, file: path, rawKeys: [] }, (dataKey) => {
        const key = openHeader(parts.crypto, dataKey, header, body, tag)
        key?.bytes.wipe()
        return key === undefined ? undefined : Secret.copy(dataKey.bytes)
      })
      return { dataKey: opened, header: encodeHeader({ ...header, messageId: new Uint8Array(MESSAGE_ID_LENGTH), commitment: new Uint8Array(COMMITMENT_LENGTH) }) }
    } finally {
      await source.close()
    }
  } catch (error) {
    // It is told when the file's own turn comes.
    if (error instanceof VaultError) return undefined
    throw error
  }
}

async function alone(
  parts: FileParts,
  work: { connection: Connection; choice: DecryptionChoice; file: WalkedFile; folder: string; existing: ExistingFile; tally: Tally; job: Job },
): Promise<void> {
  const { connection, choice, file, folder, existing, tally, job } = work
  const { files } = parts
  const quiet = { report: ({ done }: { done: number }) => { tally.proceed(done) }, get cancelled() { return job.cancelled } }
  try {
    const source = await files.open(file.path)
    try {
      const { front, layout } = await readExpected(source, choice, file.path)
      const target = await files.create({ folder, name: decryptedName(file.name), size: layout.plaintextLength, facts: source.facts, existing })
      try {
        const { pump } = await openFromFile(parts, { connection, choice, front, layout, source, job: quiet })
        using _key = pump.bytes
        await openFile(files.engine, pump, source, target)
        await target.commit()
        tally.done(file, layout.plaintextLength)
      } finally {
        await target.discard()
      }
    } finally {
      await source.close()
    }
  } catch (error) {
    tally.failed(file.path, error)
  }
}
