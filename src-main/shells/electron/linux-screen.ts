import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

// Electron tells of a locked screen on macOS and Windows only. On Linux desktops say it on D-Bus, each in its own name; dbus-monitor is
// there wherever D-Bus is. Anybody of this session can send such a signal: all it does is lock.

const screenSavers = ['org.freedesktop.ScreenSaver', 'org.gnome.ScreenSaver', 'org.cinnamon.ScreenSaver', 'org.mate.ScreenSaver', 'org.xfce.ScreenSaver']

const buses = {
  session: screenSavers.map((name) => `type='signal',interface='${name}',member='ActiveChanged'`),
  // `loginctl lock-session`, and what desktops tell logind.
  system: ["type='signal',interface='org.freedesktop.login1.Session',member='Lock'"],
} as const

/** Calls `locked` when the screen is locked, as long as the app runs. Gives the function that stops it. Does nothing where there is no D-Bus. */
export function watchLinuxScreen(locked: () => void): () => void {
  const stops = (['session', 'system'] as const).map((bus) => {
    const monitor = spawn('dbus-monitor', [`--${bus}`, ...buses[bus]], { stdio: ['ignore', 'pipe', 'ignore'] })
    // No dbus-monitor, or no such bus: then idle time and sleep have to do.
    monitor.on('error', () => undefined)
    let member = ''
    createInterface(monitor.stdout).on('line', (line) => {
      member = /^signal .*; member=(\w+)/.exec(line)?.[1] ?? member
      if (member === 'Lock' || (member === 'ActiveChanged' && /^\s+boolean true$/.test(line))) {
        member = ''
        locked()
      }
    })
    return () => monitor.kill()
  })
  return () => {
    for (const stop of stops) stop()
  }
}
