import type { Operation, Targeted } from '../operation.ts'
import { expectations, openFromFile, readExpected, type DecryptionChoice } from './decrypt-file.ts'
import type { FileParts } from './encrypt-file.ts'
import { openFile } from './frames.ts'
import type { Job } from './jobs.ts'

export interface VerifyFileRequest extends DecryptionChoice {
  /** Absolute. */
  readonly path: string
  readonly job: Job
}

export interface VerifiedFile {
  readonly path: string
  readonly keyArn: string
  /** Bytes of the plaintext. */
  readonly size: number
}

/** An encrypted file, every byte of it, as decrypting would; its plaintext goes nowhere. */
export function verifyFile(parts: FileParts): Operation<VerifyFileRequest, Targeted, VerifiedFile> {
  const { files, jobs } = parts
  return {
    name: 'VerifyFile',
    action: 'holdfast:VerifyFile',
    readOnly: true,
    request: ({ path, ...choice }) => ({ path, ...expectations(choice) }),
    check: () => undefined,
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, job, ...choice }) {
      const source = await files.open(path)
      try {
        const { front, layout } = await readExpected(source, choice, path)
        const { keyArn, pump } = await openFromFile(parts, { connection, choice, front, layout, source, job })
        using _key = pump.bytes
        await openFile(files.engine, pump, source, undefined)
        await source.requireUnchanged()
        jobs.proceed(job, { done: layout.plaintextLength, total: layout.plaintextLength })
        const result = { path, keyArn, size: layout.plaintextLength }
        return { settle: () => result, response: () => ({ ...result }) }
      } finally {
        await source.close()
      }
    },
  }
}
