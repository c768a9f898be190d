import { readFileSync } from 'node:fs'
import { z } from '#contract/zod.ts'
import { replacePrivateFile } from '../local/owner-file.ts'

const form = z.object({
  /** When the vault is locked without anybody asking: each its own switch. */
  lock: z
    .object({ onSuspend: z.boolean(), onScreenLock: z.boolean(), whenIdle: z.boolean(), idleMinutes: z.int().min(1).max(24 * 60) })
    .catch({ onSuspend: true, onScreenLock: true, whenIdle: true, idleMinutes: 15 }),
  /** Where the window was, in device-independent pixels. */
  window: z
    .object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1), maximized: z.boolean() })
    .optional()
    .catch(undefined),
})

/** What the desktop app keeps of a person's choices on this machine. Nothing here is secret. */
export type Settings = z.infer<typeof form>
export type LockSettings = Settings['lock']

export interface SettingsFile {
  readonly current: Settings
  /** Keeps the changed settings, durably enough: the file is the old one or the new one. */
  change(changed: Partial<Settings>): void
}

/** Settings in a small JSON file. What it lacks, or says in a form that is not ours, is as if it had never been chosen. */
export function openSettings(path: string): SettingsFile {
  let current = form.parse(read(path))
  return {
    get current() {
      return current
    },
    change(changed) {
      current = { ...current, ...changed }
      replacePrivateFile(path, `${JSON.stringify(current, undefined, 2)}\n`)
    },
  }
}

function read(path: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return {}
    throw error
  }
}
