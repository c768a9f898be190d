import { protocol, type BrowserWindow, type Session } from 'electron'
import { answerFor } from '../serve/page-answer.ts'
import type { Pages } from '../serve/pages.ts'

/** Makes `app:` a scheme with origins, storage and fetch, as https is. Before the app is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
}

/** Serves the pages of each host of `app:` in this session; nothing else is there. */
export function serveScheme(session: Session, hosts: Readonly<Record<string, Pages>>): void {
  session.protocol.handle('app', (request) => {
    // Node's URL knows no host or origin of an unknown scheme, Chromium has normalised this one already.
    const [, host, path] = /^app:\/\/([^/?#]*)(\/[^?#]*)?/.exec(request.url) ?? []
    const pages = host === undefined || !Object.hasOwn(hosts, host) ? undefined : hosts[host]
    if (pages === undefined || request.method !== 'GET') return new Response(null, { status: 404 })
    const { status, headers, body } = answerFor(pages, path ?? '/')
    // Chromium's browser process ends itself over this one from a scheme of our own (Electron 33).
    const { 'Origin-Agent-Cluster': _, ...fit } = headers
    return new Response(typeof body === 'string' ? body : new Uint8Array(body), { status, headers: fit })
  })
}

/** Loads the page of one of our origins. A load that was cut off (another one took its place, its process or window ended) is told by its own event. */
export function loadPage(window: BrowserWindow, origin: string, query: Readonly<Record<string, string>> = {}): void {
  const shown = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query).toString()}`
  window.loadURL(`${origin}/${shown}`).catch((error: unknown) => {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error
  })
}
