import { encryptedName } from '#core/files/names.ts'
import { contextForWriting } from '#core/messages/context.ts'
import { encodeHeader } from '#core/messages/header.ts'
import { sealHeader } from '#core/messages/keys.ts'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { COMMITMENT_LENGTH, FRAME_LENGTH, MESSAGE_ID_LENGTH, PLAIN_SUITE } from '#core/messages/suite.ts'
import type { ExistingFile, WalkedFile } from '#core/ports/files.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Connection } from '../sessions.ts'
import type { NewDataKey } from './data-keys.ts'
import { checkChoice, described, encryptBetween, wrappingOf, type EncryptionChoice, type FileParts } from './encrypt-file.ts'
import { asSmall, createTally, type FolderResult, type Tally } from './folder-job.ts'
import { sealFile } from './frames.ts'
import type { Job } from './jobs.ts'

export interface EncryptFolderRequest extends EncryptionChoice {
  /** Absolute. */
  readonly path: string
  /** Absolute; the tree is mirrored there. Beside each original if undefined. */
  readonly folder: string | undefined
  readonly existing: ExistingFile
  /** `batch`: one wrapped data key for all files (up to 65,536), whose message ids tell their keys apart. */
  readonly dataKey: 'batch' | 'per-file'
  readonly job: Job
}

/** Files that one data key may serve. Each has a message id of 256 random bits, so that no two derive one key. */
export const MOST_PER_DATA_KEY = 65_536
/** Bytes of a file that a thread does whole in memory. */
export const MOST_SMALL = 1_048_576

/** All files of a folder, each into an encrypted one of its own. A file that fails keeps no other from being done. */
export function encryptFolder(parts: FileParts): Operation<EncryptFolderRequest, Targeted, FolderResult> {
  const { files, jobs } = parts
  return {
    name: 'EncryptFolder',
    action: 'holdfast:EncryptFolder',
    readOnly: false,
    request: ({ path, folder, dataKey, ...choice }) => ({ path, dataKey, ...described(choice), ...(folder === undefined ? {} : { folder }) }),
    check(request) {
      checkChoice(request)
      if (request.dataKey === 'batch' && request.signature !== 'none') {
        throw new VaultError('ValidationException', { text: 'Signed files have a data key each: their signing key is in what it is bound to.' })
      }
      if (request.dataKey === 'batch' && request.afterwards === 'verify') {
        throw new VaultError('ValidationException', { text: 'Results are read back where each file has a data key of its own (--data-key-per-file).' })
      }
    },
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, folder, existing, dataKey, job, ...choice }) {
      const tree = await files.walk(path)
      const tally = createTally(jobs, job, tree.files.reduce((sum, { size }) => sum + size, 0), tree.files.length)
      for (const { path: refused, reason } of tree.refused) tally.failed(refused, new VaultError('FILE_UNREADABLE', { file: refused, reason }))
      const placed = placing(folder, tree.files)
      await files.makeFolders(placed.made)
      if (dataKey === 'per-file') {
        for (const file of tree.files) await alone(parts, { connection, choice, file, folder: placed.of(file), existing, tally, job })
      } else {
        for (let first = 0; first < tree.files.length; first += MOST_PER_DATA_KEY) {
          await batch(parts, { connection, choice, files: tree.files.slice(first, first + MOST_PER_DATA_KEY), folderOf: placed.of, existing, tally })
        }
      }
      await files.syncFolders(placed.all)
      const result = tally.result(folder ?? path)
      return { settle: () => result, response: () => ({ folder: result.folder, files: result.files, size: result.size, failed: result.failed }) }
    },
  }
}

/** Where each file's result goes: beside it, or in the same place below another folder. */
export function placing(folder: string | undefined, all: readonly WalkedFile[]): { of(file: WalkedFile): string; readonly made: readonly string[]; readonly all: readonly string[] } {
  const of = (file: WalkedFile): string => (folder === undefined ? file.folder : file.within === '' ? folder : `${folder}/${file.within}`)
  const folders = [...new Set(all.map(of))]
  return { of, made: folder === undefined ? [] : folders, all: folders }
}

interface Batch {
  readonly connection: Connection
  readonly choice: EncryptionChoice
  readonly files: readonly WalkedFile[]
  readonly folderOf: (file: WalkedFile) => string
  readonly existing: ExistingFile
  readonly tally: Tally
}

async function batch(parts: FileParts, work: Batch): Promise<void> {
  const { files: all, folderOf, tally, existing } = work
  if (all.length === 0) return
  const context = contextForWriting(work.choice.context)
  const made = await parts.dataKeys.generate(work.connection, await wrappingOf(parts, work.choice), context)
  using _dataKey = made.dataKey
  const small = all.filter(({ size }) => size <= MOST_SMALL)
  const { engine } = parts.files
  const long = all.filter(({ size }) => size > MOST_SMALL)
  if (engine === undefined) long.push(...small)
  else {
    const header = encodeHeader({
      suite: PLAIN_SUITE,
      messageId: new Uint8Array(MESSAGE_ID_LENGTH),
      context,
      dataKeys: made.encrypted,
      frameLength: FRAME_LENGTH,
      commitment: new Uint8Array(COMMITMENT_LENGTH),
    })
    const outcomes = await engine.many('seal', asSmall(small, folderOf, encryptedName), { dataKey: made.dataKey, header, existing, told: told(small, tally) })
    long.push(...tally.small(small, outcomes, folderOf))
  }
  for (const file of long) await oneOfBatch(parts, work, made, file)
}

/** Progress by the count of small files; their failures are counted at the end. */
export function told(files: readonly WalkedFile[], tally: Tally): (outcomes: readonly unknown[]) => void {
  const mean = files.reduce((sum, { size }) => sum + size, 0) / Math.max(1, files.length)
  let count = 0
  return (outcomes) => {
    count += outcomes.length
    tally.proceed(Math.round(count * mean))
  }
}

async function oneOfBatch({ ambient, crypto, files }: FileParts, { choice, existing, folderOf, tally }: Batch, made: NewDataKey, file: WalkedFile): Promise<void> {
  try {
    const source = await files.open(file.path)
    try {
      const target = await files.create({ folder: folderOf(file), name: encryptedName(file.name), size: source.size, facts: source.facts, existing })
      try {
        const messageId = ambient.random(MESSAGE_ID_LENGTH)
        const fields = { suite: PLAIN_SUITE, messageId, context: contextForWriting(choice.context), dataKeys: made.encrypted, frameLength: FRAME_LENGTH }
        const { header, ...key } = sealHeader(crypto, made.dataKey, fields)
        using _key = key.bytes
        const layout = layoutOfPlaintext(header.length, FRAME_LENGTH, source.size)
        if (layout === undefined) throw new VaultError('FILE_UNREADABLE', { file: file.path, reason: 'it is larger than a message can be' })
        await target.write([header])
        await sealFile(files.engine, { ...key, messageId, layout, proceed: ({ done }) => { tally.proceed(done) } }, source, target)
        await source.requireUnchanged()
        await target.commit()
        tally.done(file, layout.messageLength)
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

async function alone(
  parts: FileParts,
  work: { connection: Connection; choice: EncryptionChoice; file: WalkedFile; folder: string; existing: ExistingFile; tally: Tally; job: Job },
): Promise<void> {
  const { connection, choice, file, folder, existing, tally, job } = work
  const { files } = parts
  const quiet = { report: ({ done }: { done: number }) => { tally.proceed(done) }, get cancelled() { return job.cancelled } }
  try {
    const source = await files.open(file.path)
    try {
      const target = await files.create({ folder, name: encryptedName(file.name), size: source.size, facts: source.facts, existing })
      try {
        const { size } = await encryptBetween(parts, { connection, choice, source, target, job: quiet })
        await source.requireUnchanged()
        await target.commit()
        tally.done(file, size)
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
