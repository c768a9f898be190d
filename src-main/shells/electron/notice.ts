import type { BrowserWindow } from 'electron'
import { answerNotice, noticeOrigin, readNotice, type Notice } from '#contract/notice.ts'
import { loadPage } from './scheme.ts'
import { isTopFrame } from './sender.ts'
import { openSmallWindow } from './small-window.ts'

const SIZE = { width: 480, height: 240 } as const

/** Shows a small window that says one thing. Resolves with the index of the button that was pressed. */
export async function showNotice(notice: Notice, parent?: BrowserWindow): Promise<number> {
  const window = openSmallWindow('notice', SIZE, parent)
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
