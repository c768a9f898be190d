import { BrowserWindow, session, type Session } from 'electron'
import { answerNotice, noticeOrigin, readNotice, type Notice } from '#contract/notice.ts'
import { preloadProgram, windowIcon, windowsFolder } from '../places.ts'
import { readPages, type Pages } from '../serve/pages.ts'
import { guardSession, webPreferences } from './hardening.ts'
import { loadPage, serveScheme } from './scheme.ts'
import { isTopFrame } from './sender.ts'

const SIZE = { width: 480, height: 240 } as const

/** Shows a small window that says one thing. Resolves with the index of the button that was pressed. */
export async function showNotice(notice: Notice, parent?: BrowserWindow): Promise<number> {
  const window = new BrowserWindow({
    ...SIZE,
    ...(parent === undefined ? {} : { parent }),
    title: 'Holdfast',
    icon: windowIcon(),
    useContentSize: true,
    resizable: false,
    maximizable: false,
    fullscreenable: false,
    show: false,
    webPreferences: { ...webPreferences, session: noticeSession(), preload: preloadProgram('notice') },
  })
  window.removeMenu()
  window.once('ready-to-show', () => window.show())
  const { webContents } = window
  return await new Promise((resolve) => {
    const last = notice.buttons.length - 1
    webContents.ipc.handle(readNotice, (event) => (isTopFrame(event, webContents, noticeOrigin) ? notice : undefined))
    webContents.ipc.on(answerNotice, (event, button: unknown) => {
      if (!isTopFrame(event, webContents, noticeOrigin)) return
      resolve(typeof button === 'number' && Number.isInteger(button) && button >= 0 && button <= last ? button : last)
      window.destroy()
    })
    window.on('closed', () => resolve(last))
    loadPage(window, noticeOrigin)
  })
}

/** In memory only: a notice keeps nothing. */
function noticeSession(): Session {
  const own = session.fromPartition('notice')
  if (!own.protocol.isProtocolHandled('app')) {
    guardSession(own)
    serveScheme(own, { notice: pagesOf('notice') })
  }
  return own
}

/** One of the small windows: its page, and the files that they share. */
function pagesOf(name: 'notice'): Pages {
  const all = readPages(windowsFolder())
  const index = all.file(`/${name}/index.html`)?.body.toString('utf8')
  return { index, file: (path) => (path.startsWith('/assets/') ? all.file(path) : undefined) }
}
