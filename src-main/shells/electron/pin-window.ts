import { MessageChannelMain, type BrowserWindow } from 'electron'
import { pinHeld, pinOrigin, pinPort } from '#contract/pin.ts'
import type { TokenFacts } from '#core/ports/hsm.ts'
import type { PinEntry } from '#hsm/host-process.ts'
import { loadPage } from './scheme.ts'
import { isTopFrame } from './sender.ts'
import { openSmallWindow } from './small-window.ts'

const SIZE = { width: 480, height: 300 } as const

/**
 * PINs that are not stored are typed in a window of their own: own process, own session, own origin, a preload with one call. Its port leads
 * to the HSM's host; neither the console's page nor this process ever has the PIN.
 */
export function pinWindow(parent: () => BrowserWindow | undefined): PinEntry {
  return async ({ host, member, token, gone }) => {
    if (host.givePinPort === undefined) return false
    const window = openSmallWindow('pin', SIZE, parent())
    const { webContents } = window
    const { port1, port2 } = new MessageChannelMain()
    host.givePinPort(port1)
    webContents.once('did-finish-load', () => webContents.postMessage(pinPort, null, [port2]))
    void gone.then(() => {
      if (!window.isDestroyed()) window.destroy()
    })
    return await new Promise((resolve) => {
      webContents.ipc.on(pinHeld, (event) => {
        if (!isTopFrame(event, webContents, pinOrigin)) return
        resolve(true)
        window.destroy()
      })
      window.on('closed', () => resolve(false))
      loadPage(window, pinOrigin, { member, token: token.label, warning: warningOf(token) })
    })
  }
}

/** What a person must know before they type: PKCS#11's CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_COUNT_LOW. */
function warningOf({ pin }: TokenFacts): string {
  if (pin.finalTry) return 'One more wrong PIN locks this token.'
  return pin.countLow ? 'A wrong PIN was tried on this token before.' : ''
}
