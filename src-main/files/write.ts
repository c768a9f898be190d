import type { FileHandle } from 'node:fs/promises'
import { VaultError } from '#core/vocabulary/failures.ts'
import { writeFailure } from './failures.ts'

/** Parts shorter than this on average are joined: a system call per few bytes costs more than the copy. */
const WORTH_A_VECTOR = 4096

/** Writes all parts at the file's end. */
export async function writeFully(handle: FileHandle, parts: readonly Uint8Array[], path: string): Promise<void> {
  let left = joined(parts)
  try {
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left)
      // No code, no byte: nothing that a system may answer.
      if (bytesWritten === 0) throw new VaultError('FILE_UNWRITABLE', { file: path, reason: 'the system takes no bytes' })
      left = behind(left, bytesWritten)
    }
  } catch (error) {
    throw writeFailure(error, path)
  }
}

function joined(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length === 0) return []
  return length / parts.length < WORTH_A_VECTOR ? [Buffer.concat(parts, length)] : parts
}

/** What is left once so many bytes are written: a nearly full disk takes a part. */
function behind(parts: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written
  const left: Uint8Array[] = []
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length
    else {
      left.push(part.subarray(skip))
      skip = 0
    }
  }
  return left
}
