import { encryptedName, isEncryptedName } from '#core/files/names.ts'
import type { ExistingFile } from '#core/ports/files.ts'
import type { Operation, Targeted } from '../operation.ts'
import { expectations, openFromFile, readExpected, type DecryptionChoice } from './decrypt-file.ts'
import { checkChoice, described, encryptInto, type EncryptionChoice, type FileParts, type FileResult } from './encrypt-file.ts'
import { requireFinal } from './frames.ts'
import type { Job } from './jobs.ts'
import { plaintextOf } from './plaintext.ts'

export interface ReencryptFileRequest {
  /** Absolute. */
  readonly path: string
  readonly from: DecryptionChoice
  readonly to: EncryptionChoice
  /** Absolute; the file's own if undefined: it is replaced then, once the new one is verified. */
  readonly folder: string | undefined
  readonly existing: ExistingFile
  readonly job: Job
}

/**
 * An encrypted file under other keys: a new message with a new data key, since a header cannot be exchanged (its tag's IV is fixed). The
 * plaintext passes through memory only. The old file stays until every byte of the new one is verified as it stands on the disk.
 */
export function reencryptFile(parts: FileParts): Operation<ReencryptFileRequest, Targeted, FileResult> {
  const { files, jobs } = parts
  return {
    name: 'ReencryptFile',
    action: 'holdfast:ReencryptFile',
    readOnly: false,
    request: ({ path, from, to, folder }) => ({ path, from: expectations(from), to: described(to), ...(folder === undefined ? {} : { folder }) }),
    check: ({ to }) => { checkChoice(to) },
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, from, to, folder, existing, job }) {
      const source = await files.open(path)
      try {
        const { front, layout } = await readExpected(source, from, path)
        const name = isEncryptedName(source.name) ? source.name : encryptedName(source.name)
        const place = folder === undefined ? { folder: source.folder, existing: 'replace' as const } : { folder, existing }
        const target = await files.create({ ...place, name, size: source.size, facts: source.facts })
        try {
          const { pump } = await openFromFile(parts, { connection, choice: from, front, layout, source, job })
          using _key = pump.bytes
          await requireFinal(pump, source, path)
          const made = await encryptInto(parts, { connection, choice: { ...to, afterwards: 'verify' }, source: plaintextOf(pump, source, path), file: path, target, job })
          await source.requireUnchanged()
          jobs.proceed(job, { done: layout.plaintextLength, total: layout.plaintextLength })
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
