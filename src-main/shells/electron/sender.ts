import type { WebContents, WebFrameMain } from 'electron'

/**
 * Whether a message of a window's `ipc` comes from the top frame of that window, while it shows a page of this origin. By identity and by
 * Chromium's own word: Node's URL would give the origin `null` for every address of our scheme. A frame that is gone is nobody.
 */
export function isTopFrame(event: { readonly senderFrame: WebFrameMain | null }, contents: WebContents, origin: string): boolean {
  const { senderFrame } = event
  return senderFrame !== null && senderFrame === contents.mainFrame && senderFrame.parent === null && senderFrame.origin === origin
}
