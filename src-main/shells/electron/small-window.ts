import { BrowserWindow, session, type Session } from 'electron'
import { preloadProgram, windowIcon, windowsFolder } from '../places.ts'
import { readPages, type Pages } from '../serve/pages.ts'
import { guardSession, webPreferences } from './hardening.ts'
import { serveScheme } from './scheme.ts'

/** The small windows: each a page of its own origin, in a session of its own. */
export type SmallWindow = 'notice' | 'pin'

/** A small window, not loaded yet; it shows itself once there is something to see. `parent` stays behind it. */
export function openSmallWindow(name: SmallWindow, size: { width: number; height: number }, parent: BrowserWindow | undefined): BrowserWindow {
  const window = new BrowserWindow({
    ...size,
    ...(parent === undefined ? {} : { parent }),
    title: 'Holdfast',
    icon: windowIcon(),
    useContentSize: true,
    resizable: false,
    maximizable: false,
    fullscreenable: false,
    show: false,
    webPreferences: { ...webPreferences, session: sessionOf(name), preload: preloadProgram(name) },
  })
  window.removeMenu()
  window.once('ready-to-show', () => window.show())
  return window
}

/** In memory only: a small window keeps nothing. */
function sessionOf(name: SmallWindow): Session {
  const own = session.fromPartition(name)
  if (!own.protocol.isProtocolHandled('app')) {
    guardSession(own)
    serveScheme(own, { [name]: pagesOf(name) })
  }
  return own
}

/** Its page, and the files that all small windows share. */
function pagesOf(name: SmallWindow): Pages {
  const all = readPages(windowsFolder())
  const index = all.file(`/${name}/index.html`)?.body.toString('utf8')
  return { index, file: (path) => (path.startsWith('/assets/') ? all.file(path) : undefined) }
}
