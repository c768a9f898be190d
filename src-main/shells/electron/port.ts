import { MessageChannelMain, type BrowserWindow } from 'electron'
import { askForPort, consoleOrigin, portMessage } from '#contract/desktop.ts'
import { createHandles, type Handles } from '../handles.ts'
import type { Context } from '../router.ts'
import type { Handler } from '../transport.ts'
import { isTopFrame } from './sender.ts'

/** What the window's page has: who is signed in on its port, and the files that it was given. */
export interface PageLine extends Context {
  readonly handles: Handles
}

/**
 * Hands the window's page a port to the contract whenever it asks, one at a time: a new one ends the one before. Gives the page's line
 * as it is now; undefined before the first port.
 */
export function offerPort(window: BrowserWindow, handler: Handler, agent: string): () => PageLine | undefined {
  const { webContents } = window
  let line: PageLine | undefined
  let end: (() => void) | undefined
  webContents.ipc.on(askForPort, (event) => {
    const { senderFrame } = event
    if (senderFrame === null || !isTopFrame(event, webContents, consoleOrigin)) return
    end?.()
    const { port1, port2 } = new MessageChannelMain()
    // Who is signed in belongs to the port: a page that was loaded anew has to prove itself anew.
    line = { connection: { via: 'console', source: 'local', agent, session: undefined }, handles: createHandles() }
    handler.servePort(port1, line)
    port1.start()
    end = () => port1.close()
    senderFrame.postMessage(portMessage, null, [port2])
  })
  return () => line
}
