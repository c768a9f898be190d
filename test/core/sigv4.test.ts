import { SignatureV4 } from '@smithy/signature-v4'
import aws4 from 'aws4'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClaim } from '#core/sigv4/claim.ts'
import { canonicalPath, canonicalQuery } from '#core/sigv4/canonical-request.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import { signingKey } from '#core/sigv4/signature.ts'
import { requireTimely, verifySignature } from '#core/sigv4/verify.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { Sha256 } from '../endpoints/sha256.ts'

// The oracles: what AWS's own signer and a stranger's sign must verify, and nothing that differs from it in a single place.

const crypto = createCrypto()
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const NOW = Date.UTC(2026, 10, 25, 4, 30, 0)

/** Everything about a request that a signer may be given. */
interface Draft {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly host: string
  readonly region: string
  readonly body: string
}

describe('signatures of @smithy/signature-v4', () => {
  const signer = (draft: Draft): SignatureV4 =>
    new SignatureV4({ service: 'kms', region: draft.region, credentials, sha256: Sha256, applyChecksum: false })

  it('verify when they are in the headers', () =>
    fc.assert(
      fc.asyncProperty(drafts(), async (draft) => {
        const signed = await signer(draft).sign(smithyRequest(draft), { signingDate: new Date(NOW) })
        expect(verdict(received(draft, signed))).toBe('verified')
      }),
    ))

  it('verify when they are in the query of a presigned request', () =>
    fc.assert(
      fc.asyncProperty(drafts(), async (draft) => {
        const signed = await signer(draft).presign(smithyRequest(draft), { signingDate: new Date(NOW), expiresIn: 60 })
        expect(verdict(received(draft, signed))).toBe('verified')
      }),
    ))

  it('verify no other request: a change of any part is refused', () =>
    fc.assert(
      fc.asyncProperty(drafts(), fc.constantFrom<'sign' | 'presign'>('sign', 'presign'), changes(), async (draft, form, change) => {
        const signed = await signer(draft)[form](smithyRequest(draft), { signingDate: new Date(NOW) })
        const altered = change(received(draft, signed))
        fc.pre(altered !== undefined)
        expect(verdict(altered)).toMatch(/^(InvalidSignatureException|IncompleteSignatureException)$/)
      }),
      { numRuns: 300 },
    ))
})

describe('signatures of aws4', () => {
  it('verify in both forms', () => {
    fc.assert(
      fc.property(drafts(), fc.boolean(), (draft, signQuery) => {
        const at = { 'X-Amz-Date': '20261125T043000Z' }
        const path = `${draft.path}${draft.path.includes('?') ? '&' : '?'}${queryText({ ...draft.query, ...(signQuery ? at : {}) })}`
        const options = { service: 'kms', region: draft.region, method: draft.method, path, host: draft.host, body: draft.body, signQuery }
        const signed = aws4.sign({ ...options, headers: { ...draft.headers, ...(signQuery ? {} : at) } }, credentials)
        const [pathOnly = '', query = ''] = split(signed.path)
        expect(verdict({ method: draft.method, path: pathOnly, query, headers: headerPairs(signed.headers), body: bytes(draft.body) })).toBe('verified')
      }),
    )
  })
})

describe('a canonical request', () => {
  // "Elements of a canonical request" and the old test suite of SigV4: paths of every service but S3 are normalised and encoded twice.
  it.each([
    ['/', '/'],
    ['', '/'],
    ['/./', '/'],
    ['/a/../b', '/b'],
    ['//a//b/', '/a/b/'],
    ['/a%20b', '/a%2520b'],
    ['/%41', '/%2541'],
    ['/\u00e9', '/%E9'],
  ])('has the path %s as %s', (path, expected) => {
    expect(canonicalPath(path)).toBe(expected)
  })

  it.each([
    ['', ''],
    ['b=2&a=1', 'a=1&b=2'],
    ['a=b&a=B&a=%62', 'a=B&a=b&a=b'],
    ['a', 'a='],
    ['a=b=c', 'a=b%3Dc'],
    ['a=+%2b~%7E', 'a=%2B%2B~~'],
    ['a=%zz', 'a=%25zz'],
    ['%e1%88%b4=x', '%E1%88%B4=x'],
    ['X-Amz-Signature=no&z=1', 'z=1'],
  ])('has the query %s as %s', (query, expected) => {
    expect(canonicalQuery(query)).toBe(expected)
  })
})

describe('a claim', () => {
  const plain: Draft = { method: 'POST', path: '/', query: {}, headers: { 'X-Amz-Target': 'TrentService.ListKeys' }, host: '127.0.0.1:8443', region: 'us-east-1', body: '{}' }
  const good = (): ReceivedRequest => received(plain, aws4.sign({ ...plain, service: 'kms', headers: { ...plain.headers, 'X-Amz-Date': '20261125T043000Z' } }, credentials))
  const authorised = (text: string): ReceivedRequest => withHeader(good(), 'authorization', () => text)

  it('is missing where nothing is signed', () => {
    expect(verdict({ ...good(), headers: [['Host', 'x']] })).toBe('MissingAuthenticationTokenException')
  })

  it.each([
    ['Basic dXNlcjpwYXNz'],
    ['AWS4-HMAC-SHA256'],
    ['AWS4-HMAC-SHA256 Credential=a/20261125/us-east-1/kms/aws4_request'],
    ['AWS4-HMAC-SHA256 Credential=a b, SignedHeaders=host, Signature=00, nonsense'],
    ['AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00'],
    ['AWS4-HMAC-SHA256 Credential=a/20261125/us-east-1/kms/aws4_request, Credential=b, SignedHeaders=host, Signature=00'],
    ['AWS4-HMAC-SHA1 Credential=a/20261125/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00'],
  ])('is incomplete as %s, and what was given is not repeated', (text) => {
    try {
      readClaim(authorised(text))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'IncompleteSignatureException' })
      for (const word of ['dXNlcjpwYXNz', 'nonsense', 'SHA1']) expect((error as Error).message).not.toContain(word)
    }
  })

  it('names all that an Authorization header lacks at once, as AWS does', () => {
    expect(() => readClaim({ ...authorised('Bearer x'), headers: [['Authorization', 'Bearer x'], ['Host', 'x']] })).toThrow(
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    )
  })

  it.each(['host', 'x-amz-date', 'x-amz-target'])('must sign %s', (name) => {
    const request = withHeader(good(), 'authorization', (text) => text.replace(new RegExp(`(?<=[;=])${name};|;${name}(?=,)`), ''))
    expect(() => readClaim(request)).toThrow("must be a 'SignedHeader' in the AWS Authorization.")
  })

  it('must sign a security token that is sent, and every other X-Amz- header', () => {
    for (const name of ['X-Amz-Security-Token', 'X-Amz-Anything']) {
      expect(() => readClaim({ ...good(), headers: [...good().headers, [name, 'x']] })).toThrow("must be a 'SignedHeader'")
    }
  })

  it('takes the time from Date where there is no X-Amz-Date, if it is signed', () => {
    for (const date of ['Wed, 25 Nov 2026 04:30:00 GMT', '20261125T043000Z']) {
      const request = { ...good(), headers: good().headers.map(([name, value]) => (name === 'X-Amz-Date' ? (['Date', date] as const) : ([name, value] as const))) }
      expect(() => readClaim(request)).toThrow("'Date' must be a 'SignedHeader'")
      expect(readClaim(withHeader(request, 'authorization', (text) => text.replace('content-type;', 'content-type;date;').replace('x-amz-date;', ''))).time).toBe(NOW)
    }
  })

  it('is not of another service, day or end', () => {
    expect(() => readClaim(withHeader(good(), 'authorization', (text) => text.replace('/20261125/', '/20261124/')))).toThrow('Date in Credential scope does not match')
    expect(() => readClaim(withHeader(good(), 'authorization', (text) => text.replace('aws4_request', 'aws5_request')))).toThrow('valid terminator')
  })

  it('has an empty value for a header that is signed but was not sent', () => {
    expect(verdict({ ...good(), headers: good().headers.filter(([name]) => name !== 'Content-Type') })).toBe('InvalidSignatureException')
  })
})

describe('the time of a signature', () => {
  const claim = (time: number, lifetime?: number) => ({ accessKeyId: '', scope: { date: '', region: '', service: '' }, time, lifetime, signedHeaders: [], signature: new Uint8Array(32), securityToken: undefined })
  const FIVE = 300_000

  it('may be five minutes off in either direction, and no second more', () => {
    for (const off of [-FIVE, 0, FIVE]) expect(() => { requireTimely(claim(NOW + off), NOW) }).not.toThrow()
    expect(() => { requireTimely(claim(NOW - FIVE - 1000), NOW) }).toThrow('Signature expired: 20261125T042459Z is now earlier than 20261125T042500Z (20261125T043000Z - 5 min.)')
    expect(() => { requireTimely(claim(NOW + FIVE + 1000), NOW) }).toThrow('Signature not yet current: 20261125T043501Z is still later than 20261125T043500Z (20261125T043000Z + 5 min.)')
  })

  it('counts for a presigned request until its lifetime ends', () => {
    expect(() => { requireTimely(claim(NOW - 60_000, 60), NOW) }).not.toThrow()
    expect(() => { requireTimely(claim(NOW - 61_000, 60), NOW) }).toThrow(expect.objectContaining({ code: 'RequestExpired' }))
    expect(() => { requireTimely(claim(NOW - 3_600_000, 7_200), NOW) }).not.toThrow()
    expect(() => { requireTimely(claim(NOW + FIVE + 1000, 7_200), NOW) }).toThrow('Signature not yet current')
  })
})

function verdict(request: ReceivedRequest): string {
  try {
    const claim = readClaim(request)
    requireTimely(claim, NOW)
    expect(claim.accessKeyId).toBe(credentials.accessKeyId)
    verifySignature(crypto, signingKey(crypto, Secret.fromText(credentials.secretAccessKey), claim.scope), claim, request)
    return 'verified'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

function drafts(): fc.Arbitrary<Draft> {
  const spaced = fc.array(fc.constantFrom('a', 'Z', '0', ' ', '  ', '\t', '"', ',', ';', '=', '/', ':', '~', '%20'), { maxLength: 12 }).map((parts) => parts.join('').trim())
  const name = fc.stringMatching(/^x?[a-z]{1,6}-[a-zA-Z0-9]{1,8}$/).filter((text) => !/^(x-amz-|sec-|proxy-)/i.test(text))
  return fc.record({
    method: fc.constantFrom('POST', 'GET', 'PUT'),
    path: fc.array(fc.constantFrom('a', 'b%20c', '.', '..', '', '%C3%A9', '~-_', "!'()*", 'x=y')).map((segments) => `/${segments.join('/')}`),
    query: fc.dictionary(fc.stringMatching(/^[a-zA-Z~*'() +-]{1,6}$/), fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => text.isWellFormed()), { maxKeys: 3 }),
    headers: fc.dictionary(name, spaced, { maxKeys: 3 }).map((more) => ({ 'X-Amz-Target': 'TrentService.Encrypt', 'Content-Type': 'application/x-amz-json-1.1', ...unlike(more) })),
    host: fc.constantFrom('127.0.0.1:8443', 'localhost', 'kms.holdfast.localhost:1'),
    region: fc.constantFrom('us-east-1', 'lab'),
    body: fc.oneof(fc.constant('{}'), fc.json(), fc.string({ unit: 'grapheme' })).filter((text) => text.isWellFormed() && text !== ''),
  })
}

/** Headers whose names differ by more than case: the signers' own objects hold one of each. */
function unlike(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])))
}

/** Ways to alter a request; undefined where a request has nothing to alter in this way. */
function changes(): fc.Arbitrary<(request: ReceivedRequest) => ReceivedRequest | undefined> {
  const rows: ((request: ReceivedRequest) => ReceivedRequest | undefined)[] = [
    (request) => ({ ...request, method: 'DELETE' }),
    (request) => ({ ...request, path: `${request.path}/x` }),
    (request) => ({ ...request, query: `${request.query}${request.query === '' ? '' : '&'}added=1` }),
    (request) => ({ ...request, body: Uint8Array.of(...request.body, 0x20) }),
    (request) => ({ ...request, body: new Uint8Array() }),
    (request) => withHeader(request, 'host', (text) => `${text}1`),
    (request) => altered(request, 'x-amz-target', () => 'TrentService.Decrypt'),
    (request) => altered(request, 'x-amz-date', () => '20261125T043001Z'),
    (request) => ({ ...request, headers: [...request.headers, ['X-Amz-Target', 'TrentService.Decrypt']] }),
    (request) => altered(request, 'x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
    (request) => flipped(request, 0),
    (request) => flipped(request, 63),
  ]
  return fc.constantFrom(...rows)
}

/** Another value of what is a header in one form and a parameter of the query in the other. */
function altered(request: ReceivedRequest, name: string, change: (text: string) => string): ReceivedRequest | undefined {
  if (request.headers.some(([each]) => each.toLowerCase() === name)) return withHeader(request, name, change)
  const query = request.query.split('&')
  if (!query.some((pair) => pair.toLowerCase().startsWith(`${name}=`))) return undefined
  return { ...request, query: query.map((pair) => (pair.toLowerCase().startsWith(`${name}=`) ? `${pair.split('=')[0]!}=${change('')}` : pair)).join('&') }
}

/** One digit of the signature is another. */
function flipped(request: ReceivedRequest, at: number): ReceivedRequest {
  const change = (text: string): string => text.replace(/(?<=Signature=)[0-9a-f]{64}/, (hex) => hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1))
  return { ...withHeader(request, 'authorization', change), query: change(request.query) }
}

function withHeader(request: ReceivedRequest, name: string, change: (text: string) => string): ReceivedRequest {
  return { ...request, headers: request.headers.map(([each, value]) => [each, each.toLowerCase() === name ? change(value) : value] as const) }
}

function smithyRequest(draft: Draft) {
  const { method, path, body, query } = draft
  return { method, path, body, query: { ...query }, headers: { host: draft.host, ...draft.headers }, protocol: 'https:', hostname: draft.host }
}

/** A signer's request as it would arrive. */
function received(draft: Draft, signed: { headers?: Record<string, unknown> | undefined; path?: string | undefined; query?: object | undefined }): ReceivedRequest {
  const [path, query] = split(signed.path ?? draft.path)
  return {
    method: draft.method,
    path: path ?? '/',
    query: signed.query === undefined ? (query ?? '') : queryText(signed.query as Record<string, string>),
    headers: headerPairs(signed.headers ?? {}),
    body: bytes(draft.body),
  }
}

function split(path: string): [string?, string?] {
  const mark = path.indexOf('?')
  return mark < 0 ? [path] : [path.slice(0, mark), path.slice(mark + 1)]
}

function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query).map((pair) => pair.map(escaped).join('=')).join('&')
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function headerPairs(headers: Record<string, unknown>): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [name, String(value)])
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
