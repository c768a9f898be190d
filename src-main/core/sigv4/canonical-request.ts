import { queryPairs, type ReceivedRequest } from './request.ts'

// "Create a canonical request" of the IAM user guide (Signature Version 4), as every service but S3 has it:
// the path is normalised and encoded once more than it was sent.

/** ASCII's own: `\s` would take the second byte of an à for a space. */
const SPACES = /[\t-\r ]+/g

/**
 * The canonical request, a character a byte. `payloadHash` is the SHA-256 of the body in lower-case hex; `signedHeaders` are in lower case
 * and sorted. A signed header that was not sent counts as empty.
 */
export function canonicalRequest(request: ReceivedRequest, signedHeaders: readonly string[], payloadHash: string): string {
  const headers = signedHeaders.map((name) => `${name}:${canonicalValue(request, name)}\n`).join('')
  return [request.method, canonicalPath(request.path), canonicalQuery(request.query), headers, signedHeaders.join(';'), payloadHash].join('\n')
}

/** RFC 3986 section 5.2.4 (dot segments), no empty segments; then every byte encoded, those of `%2F` as well. */
export function canonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(percentEncoded(segment))
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`
}

/** Sorted by encoded name, then by encoded value; without the signature itself. */
export function canonicalQuery(query: string): string {
  if (query === '') return ''
  return queryPairs(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [percentEncoded(name), percentEncoded(value)])
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** All values of a header with commas between, each without space around it, and with one space for several inside. */
function canonicalValue(request: ReceivedRequest, name: string): string {
  return request.headers
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value.replaceAll(SPACES, ' ').replaceAll(/^ | $/g, ''))
    .join(',')
}

/** Everything but RFC 3986's unreserved characters, in upper-case hex. */
function percentEncoded(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._~-]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** By code: both are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
