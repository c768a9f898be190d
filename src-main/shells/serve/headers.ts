import { randomBytes } from 'node:crypto'

/** Makes the headers of one response fit for the console's page: a browser may run our files and nothing else, and talk to us only. */
export function pageHeaders(nonce: string): Record<string, string> {
  return { ...commonHeaders, 'Content-Security-Policy': contentSecurityPolicy(nonce), 'Cache-Control': 'no-store' }
}

/** A nonce for one response. */
export function newNonce(): string {
  return randomBytes(18).toString('base64')
}

/** On every response, whatever it is. */
export const commonHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Origin-Agent-Cluster': '?1',
  'X-Frame-Options': 'DENY',
  'Permissions-Policy':
    'accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=(), clipboard-read=(self), clipboard-write=(self)',
} as const satisfies Record<string, string>

/** Scripts come from our files only; the nonce lets the UI kit's own style elements in. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types vue',
  ].join('; ')
}
