import type { DesktopBridge } from '#contract/desktop.ts'

/** What the desktop app adds to this page; undefined in a browser. */
export function desktopBridge(): DesktopBridge | undefined {
  return (window as Window & { desktop?: DesktopBridge }).desktop
}
