import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { unreachable } from '#core/vocabulary/failures.ts'
import { replaceFile, syncFolder } from './durable.ts'
import { fileFailure } from './failures.ts'

const NAME = 'pending-events'
const MOST_BYTES = 1_048_576
/** What is left when lines make way: not at every line is the file written anew. */
const KEPT_BYTES = MOST_BYTES * 0.75

/** Lines that wait for the audit trail; see `Home.appendPendingEvent`. */
export interface PendingEvents {
  append(line: string): void
  all(): string[]
  clear(): void
}

/** The first line is `{"dropped":N}` once N lines had to make way. */
export function createPendingEvents(path: string): PendingEvents {
  return {
    append(line) {
      const length = Buffer.byteLength(line) + 1
      if (line.includes('\n') || length > KEPT_BYTES) unreachable('a pending event that is no line')
      const lines = read(path)
      const total = lines.reduce((sum, each) => sum + Buffer.byteLength(each) + 1, length)
      if (total <= MOST_BYTES) appendLine(path, line)
      else replaceFile(path, Buffer.from(trimmed([...lines, line]).join('')), NAME)
    },
    all: () => read(path),
    clear() {
      rmSync(path, { force: true })
      syncFolder(dirname(path))
    },
  }
}

/** Whole lines only: what follows the last line end was never confirmed. */
function read(path: string): string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

function trimmed(lines: readonly string[]): string[] {
  const before = droppedBefore(lines[0])
  const kept = before === 0 ? [...lines] : lines.slice(1)
  let bytes = kept.reduce((sum, each) => sum + Buffer.byteLength(each) + 1, 0)
  let dropped = before
  while (bytes > KEPT_BYTES) {
    bytes -= Buffer.byteLength(kept.shift() ?? '') + 1
    dropped++
  }
  return [`{"dropped":${dropped}}`, ...kept].map((each) => `${each}\n`)
}

function droppedBefore(line: string | undefined): number {
  return Number(/^\{"dropped":([0-9]+)\}$/.exec(line ?? '')?.[1] ?? 0)
}

function appendLine(path: string, line: string): void {
  const isNew = !existsSync(path)
  const file = openSync(path, isNew ? 'wx+' : 'r+', 0o600)
  try {
    const end = wholeLength(path)
    ftruncateSync(file, end)
    const bytes = Buffer.from(`${line}\n`)
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, end + at)
    fsyncSync(file)
  } catch (error) {
    throw fileFailure(error, NAME)
  } finally {
    closeSync(file)
  }
  if (isNew) syncFolder(dirname(path))
}

/** The bytes up to and with the last line end: a crash may have left a part of a line behind it. */
function wholeLength(path: string): number {
  return readFileSync(path).lastIndexOf(0x0a) + 1
}
