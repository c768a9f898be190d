import { app, powerMonitor } from 'electron'
import type { LockReason } from '#services/status.ts'
import { watchLinuxScreen } from './linux-screen.ts'
import type { LockSettings } from './settings.ts'

/** How often the time since the last key or movement is looked at, in milliseconds. */
const LOOK = 5_000

/** Locks when the computer sleeps, its screen is locked, or nobody uses it; each only if it is switched on at that moment. */
export function watchForAbsence(settings: () => LockSettings, lock: (because: LockReason) => void): void {
  powerMonitor.on('suspend', () => {
    if (settings().onSuspend) lock('suspend')
  })
  const screenLocked = (): void => {
    if (settings().onScreenLock) lock('screen-lock')
  }
  // macOS and Windows only.
  powerMonitor.on('lock-screen', screenLocked)
  if (process.platform === 'linux') app.once('will-quit', watchLinuxScreen(screenLocked))
  setInterval(() => {
    const { whenIdle, idleMinutes } = settings()
    if (whenIdle && powerMonitor.getSystemIdleTime() >= idleMinutes * 60) lock('idle')
  }, LOOK)
}
