import { RPCLink } from '@orpc/client/websocket'
import { bytesSerializer } from '#contract/serializer.ts'
import { browserFile } from './browser-file.ts'
import { LinkRefused, type Line, type Transport } from './transport.ts'

/** Where this tab keeps its right to the transport. It ends with the tab and opens no vault. */
const TOKEN = 'holdfast.token'
/** How a one-time link's fragment begins. */
const LINK = '#token='
/** The server's close code for a token it does not know. */
const REFUSED = 4401

/**
 * The transport of `serve`: a one-time link in the fragment is exchanged for a token of this tab, the token is the first message
 * of each WebSocket, and calls begin only after the server's `ok` (what is sent before would be lost).
 */
export function createBrowserTransport(): Transport {
  let link = takeLink()
  // A new link that is pasted into this tab changes the fragment only: begin anew with it.
  addEventListener('hashchange', () => {
    if (location.hash.startsWith(LINK)) location.reload()
  })

  return {
    async open() {
      if (link !== undefined) {
        await redeem(link)
        link = undefined
      }
      const token = sessionStorage.getItem(TOKEN)
      if (token === null) throw new LinkRefused()
      return await dial(token)
    },
    given: (api, file) => browserFile(api, file, () => sessionStorage.getItem(TOKEN) ?? ''),
  }
}

/** The fragment's token, removed from the address at once: it must not stay in the history or be copied with the address. */
function takeLink(): string | undefined {
  const token = /^#token=([A-Za-z0-9_-]+)$/.exec(location.hash)?.[1]
  if (location.hash.startsWith(LINK)) history.replaceState(null, '', location.pathname + location.search)
  return token
}

/** Resolves also for a link that is used up: this tab may hold a token of an earlier one. Rejects if the server is not there, so that the link is tried again. */
async function redeem(link: string): Promise<void> {
  const answer = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  })
  if (answer.status >= 500) throw new Error(`session exchange failed status=${answer.status}`)
  const body: unknown = answer.ok ? await answer.json() : undefined
  if (typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string') sessionStorage.setItem(TOKEN, body.token)
}

async function dial(token: string): Promise<Line> {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`)
  const ended = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve(), { once: true })
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(JSON.stringify({ token })), { once: true })
    socket.addEventListener('message', (event) => (event.data === 'ok' ? resolve() : reject(new Error('unexpected greeting'))), { once: true })
    socket.addEventListener(
      'close',
      (event) => {
        if (event.code === REFUSED) sessionStorage.removeItem(TOKEN)
        reject(event.code === REFUSED ? new LinkRefused() : new Error('closed before the greeting'))
      },
      { once: true },
    )
  }).catch((error: unknown) => {
    socket.close()
    throw error
  })
  return { link: new RPCLink({ websocket: socket, customJsonSerializers: [bytesSerializer] }), ended }
}
