import { commonHeaders, newNonce, pageHeaders } from './headers.ts'
import type { Pages } from './pages.ts'

/** What a shell answers to a read of the console, whatever carries it: HTTP, or the desktop app's own scheme. */
export interface PageAnswer {
  readonly status: 200 | 404
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** The answer to a path, as it stands in the URL without its query. Routes of the page all give the page, each time with a nonce of its own. */
export function answerFor(pages: Pages, path: string): PageAnswer {
  const file = pages.file(path)
  if (file !== undefined) {
    const caching = file.immutable ? 'private, max-age=31536000, immutable' : 'no-cache'
    return { status: 200, headers: { ...commonHeaders, 'Content-Type': file.type, 'Cache-Control': caching }, body: file.body }
  }
  // A route of the page has no file ending; what has one is a file that is not there.
  if (path !== '/index.html' && /\.[^/]*$/.test(path)) return notFound('Not found.')
  if (pages.index === undefined) return notFound('The console is not built. Run `npm run build`, then start Holdfast again.')
  const nonce = newNonce()
  return {
    status: 200,
    headers: { ...pageHeaders(nonce), 'Content-Type': 'text/html; charset=utf-8' },
    body: pages.index.replaceAll('__CSP_NONCE__', nonce),
  }
}

function notFound(text: string): PageAnswer {
  return { status: 404, headers: { ...commonHeaders, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }, body: `${text}\n` }
}
