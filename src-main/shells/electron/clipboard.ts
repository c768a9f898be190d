import { createHmac, randomBytes } from 'node:crypto'
import { clipboard } from 'electron'

/** Takes what the page has copied off the clipboard again. */
export interface CopiedText {
  /** The page is about to copy something. */
  copying(): void
  /** Empties the clipboard if the page's text is still there; somebody else's stays. */
  clear(): Promise<void>
}

/** How long a copy may take after the page was allowed to, in milliseconds. */
const SETTLED = 250

/** Keeps no text: only a keyed hash to know it by. */
export function rememberCopies(): CopiedText {
  const key = randomBytes(32)
  let known: Buffer | undefined
  let settling: NodeJS.Timeout | undefined

  async function fingerprint(): Promise<Buffer> {
    // A promise from Electron 44 on, before that the text itself.
     
    return createHmac('sha256', key).update(await clipboard.readText(), 'utf8').digest()
  }

  return {
    copying() {
      clearTimeout(settling)
      settling = setTimeout(() => {
        settling = undefined
        void fingerprint().then((now) => (known = now))
      }, SETTLED)
    },
    async clear() {
      const unsettled = settling !== undefined
      clearTimeout(settling)
      settling = undefined
      if (unsettled || (known !== undefined && known.equals(await fingerprint()))) clipboard.clear()
      known = undefined
    },
  }
}
