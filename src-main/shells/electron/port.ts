import { MessageChannelMain, type BrowserWindow } from 'electron'
import { askForPort, consoleOrigin, portMessage } from '#contract/desktop.ts'
import type { Connection } from '#services/sessions.ts'
import type { Handler } from '../transport.ts'
import { isTopFrame } from './sender.ts'

/** Hands the window's page a port to the contract whenever it asks, one at a time: a new one ends the one before. */
export function offerPort(window: BrowserWindow, handler: Handler, agent: string): void {
  const { webContents } = window
  let end: (() => void) | undefined
  webContents.ipc.on(askForPort, (event) => {
    const { senderFrame } = event
    if (senderFrame === null || !isTopFrame(event, webContents, consoleOrigin)) return
    end?.()
    const { port1, port2 } = new MessageChannelMain()
    // Who is signed in belongs to the port: a page that was loaded anew has to prove itself anew.
    const connection: Connection = { via: 'console', source: 'local', agent, session: undefined }
    handler.servePort(port1, connection)
    port1.start()
    end = () => port1.close()
    senderFrame.postMessage(portMessage, null, [port2])
  })
}
