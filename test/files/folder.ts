import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { NewFile } from '#core/ports/files.ts'

/** A folder of this test's own, removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hf-files-'))
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

/** A new file as a job asks for it. */
export function newFile(folder: string, change: Partial<NewFile> = {}): NewFile {
  return { folder, name: 'out.bin', size: 3, facts: { modifiedAt: Date.UTC(2001, 1, 3), mode: 0o640 }, existing: 'refuse', ...change }
}

/** Everything in a folder, hidden files too. */
export function contents(folder: string): string[] {
  return readdirSync(folder).sort()
}
