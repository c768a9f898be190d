import { BrowserWindow, nativeTheme, screen, type Rectangle, type RenderProcessGoneDetails } from 'electron'
import { consoleOrigin } from '#contract/desktop.ts'
import { webPreferences } from './hardening.ts'
import { loadPage } from './scheme.ts'
import type { SettingsFile } from './settings.ts'

export interface ConsoleWindow {
  readonly window: BrowserWindow
  /** Ends the page's process and loads the page in a new one: what it held in memory is gone. */
  renew(): void
  /** Brings the window to the front. */
  show(): void
}

export interface ConsoleWindowOptions {
  readonly settings: SettingsFile
  /** The preload's absolute path. */
  readonly preload: string
  readonly icon: string
  /** The page's process has ended by itself; a new one is being started. */
  onCrash(reason: RenderProcessGoneDetails['reason']): void
  /** The page has not answered for a while. */
  onHang(): void
}

const SIZE = { width: 1280, height: 800 } as const
const SMALLEST = { minWidth: 800, minHeight: 560 } as const

/** The window of the console. The page asks for its port itself (port.ts). */
export function openConsoleWindow(options: ConsoleWindowOptions): ConsoleWindow {
  const { settings } = options
  const window = new BrowserWindow({
    ...SIZE,
    ...SMALLEST,
    ...placeOf(settings),
    title: 'Holdfast',
    icon: options.icon,
    show: false,
    // The page's own ground, so that nothing flashes before its first picture.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0e1215' : '#ffffff',
    webPreferences: { ...webPreferences, preload: options.preload },
  })
  const { webContents } = window
  let renewing = false

  window.once('ready-to-show', () => {
    if (settings.current.window?.maximized === true) window.maximize()
    window.show()
  })
  window.on('close', () => {
    settings.change({ window: { ...window.getNormalBounds(), maximized: window.isMaximized() } })
  })
  webContents.on('render-process-gone', (_event, { reason }) => {
    const asked = renewing
    renewing = false
    if (window.isDestroyed() || (!asked && reason === 'clean-exit')) return
    if (asked) {
      webContents.reload()
    } else {
      // Not the same page again, which may be what it died of.
      loadPage(window, consoleOrigin)
      options.onCrash(reason)
    }
  })
  webContents.on('unresponsive', () => {
    options.onHang()
  })
  loadPage(window, consoleOrigin)

  return {
    window,
    renew() {
      if (renewing || window.isDestroyed()) return
      renewing = true
      webContents.forcefullyCrashRenderer()
    },
    show() {
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
  }
}

/** Where the window was, if a part of it that can be grabbed is still on a screen. */
function placeOf({ current }: SettingsFile): Partial<Rectangle> {
  if (current.window === undefined) return {}
  const { x, y, width, height } = current.window
  const { workArea } = screen.getDisplayMatching({ x, y, width, height })
  const visible = x + width > workArea.x + 64 && x < workArea.x + workArea.width - 64 && y >= workArea.y - 8 && y < workArea.y + workArea.height - 64
  return visible ? { x, y, width, height } : { width, height }
}
