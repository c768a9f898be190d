import type { IncomingHttpHeaders } from 'node:http'

/** Why a request is not for us: its Host is another's (421, RFC 9110 section 15.5.20), or another site's page sent it (403). */
export type Stranger = 421 | 403

/**
 * Only a page of our own may talk to us, and only under our own names: a foreign name that was pointed at 127.0.0.1 (DNS rebinding)
 * shows in Host, a foreign page in Origin. Undefined if both are ours. Browsers send no Origin with plain reads.
 */
export function strangerIn(headers: IncomingHttpHeaders, port: number, needsOrigin: 'needs origin' | 'may lack origin'): Stranger | undefined {
  const host = headers.host
  if (host === undefined || !ownHosts(port).includes(host)) return 421
  if (headers.origin === undefined) return needsOrigin === 'needs origin' ? 403 : undefined
  return headers.origin === `http://${host}` ? undefined : 403
}

/** A browser leaves port 80 out of Host and Origin. */
function ownHosts(port: number): string[] {
  return ['127.0.0.1', 'localhost'].map((name) => (port === 80 ? name : `${name}:${port}`))
}
