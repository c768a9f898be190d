import { VaultError } from '#core/vocabulary/failures.ts'
import type { Operation, Targeted } from '../operation.ts'
import { expectations, openFromFile, readExpected, type DecryptionChoice } from './decrypt-file.ts'
import type { FileParts } from './encrypt-file.ts'
import { requireFinal } from './frames.ts'
import { plaintextOf } from './plaintext.ts'

export interface ReadRangeRequest extends DecryptionChoice {
  /** Absolute. */
  readonly path: string
  /** Bytes of the plaintext. */
  readonly position: number
  readonly length: number
}

export interface FileRange {
  readonly bytes: Uint8Array
  /** Of the whole plaintext. */
  readonly size: number
}

/** Bytes that are shown and never written. */
const LONGEST = 1_048_576

/** A part of an encrypted file's plaintext, for a look at it: the final frame is verified, and the frames that hold it. */
export function readRange(parts: FileParts): Operation<ReadRangeRequest, Targeted, FileRange> {
  return {
    name: 'ReadFileRange',
    action: 'holdfast:DecryptFile',
    readOnly: true,
    request: ({ path, position, length, ...choice }) => ({ path, position, length, ...expectations(choice) }),
    check({ length }) {
      if (length > LONGEST) throw new VaultError('ValidationException', { text: `No more than ${LONGEST} bytes are read at once.` })
    },
    target: () => ({ resources: [] }),
    async perform({ connection }, _target, { path, position, length, ...choice }) {
      const source = await parts.files.open(path)
      try {
        const { front, layout } = await readExpected(source, choice, path)
        const job = { report: () => undefined, cancelled: false }
        const { pump } = await openFromFile(parts, { connection, choice, front, layout, source, job })
        using _key = pump.bytes
        await requireFinal(pump, source, path)
        const bytes = new Uint8Array(Math.max(0, Math.min(length, layout.plaintextLength - position)))
        await plaintextOf(pump, source, path).read(bytes, position)
        return { settle: () => ({ bytes, size: layout.plaintextLength }), abandon: () => { bytes.fill(0) } }
      } finally {
        await source.close()
      }
    },
  }
}
