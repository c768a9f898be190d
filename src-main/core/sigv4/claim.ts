import { fromHex } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import { headerValues, queryPairs, type ReceivedRequest } from './request.ts'
import { ALGORITHM, type CredentialScope } from './signature.ts'
import { basicTime, parseBasicTime } from './time.ts'

/** What a request says of its own signature; nothing of it is believed until the signature has been checked. */
export interface SignatureClaim {
  readonly accessKeyId: string
  readonly scope: CredentialScope
  /** Milliseconds since 1970. */
  readonly time: number
  /** Seconds for which a presigned request is good; undefined for one that is signed in its headers. */
  readonly lifetime: number | undefined
  /** In lower case, sorted, each once. */
  readonly signedHeaders: readonly string[]
  /** 32 bytes. */
  readonly signature: Uint8Array
  /** Of temporary credentials. */
  readonly securityToken: string | undefined
}

/** A presigned request is good for a week at most (SigV4, "X-Amz-Expires"). */
const LONGEST_LIFETIME = 604_800

/**
 * Reads the Authorization header or, where there is none, the query of a presigned request.
 * Throws MissingAuthenticationTokenException, IncompleteSignatureException, InvalidSignatureException; never repeats what was given.
 */
export function readClaim(request: ReceivedRequest): SignatureClaim {
  const [authorization, another] = headerValues(request, 'authorization')
  if (another !== undefined) throw incomplete('There is more than one Authorization header.')
  if (authorization !== undefined) return claimInHeader(request, authorization)
  const query = new Map<string, string>()
  for (const [name, value] of queryPairs(request.query)) {
    if (query.has(name)) throw incomplete('A query parameter is given more than once.')
    query.set(name, value)
  }
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature')) return claimInQuery(request, query)
  throw new VaultError('MissingAuthenticationTokenException')
}

function claimInHeader(request: ReceivedRequest, authorization: string): SignatureClaim {
  const space = authorization.indexOf(' ')
  const algorithm = space < 0 ? authorization : authorization.slice(0, space)
  const parameters = algorithm.startsWith('AWS4-') && space >= 0 ? pairsOf(authorization.slice(space)) : new Map<string, string>()
  const [time, missing] = timeInHeader(request)
  const [credential, signature, signedHeaders] = demand(
    ['Credential', 'Signature', 'SignedHeaders'].map((name) => [parameters.get(name), `Authorization header requires '${name}' parameter.`]),
    missing,
  )
  demandAlgorithm(algorithm)
  return {
    ...credentialOf(credential, time),
    lifetime: undefined,
    signedHeaders: signedHeadersOf(request, signedHeaders, time.header),
    signature: signatureBytes(signature),
    securityToken: headerValues(request, 'x-amz-security-token')[0],
  }
}

function claimInQuery(request: ReceivedRequest, query: ReadonlyMap<string, string>): SignatureClaim {
  const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
  const [algorithm, credential, signature, signedHeaders, date] = demand(names.map((name) => [query.get(name), `AWS query-string parameters must include '${name}'.`]))
  demandAlgorithm(algorithm)
  const expires = query.get('X-Amz-Expires') ?? '300'
  if (!/^[1-9]\d{0,5}$/.test(expires) || Number(expires) > LONGEST_LIFETIME) throw incomplete(`'X-Amz-Expires' must be from 1 to ${LONGEST_LIFETIME}.`)
  return {
    ...credentialOf(credential, { at: parseBasicTime(date ?? ''), header: undefined }),
    lifetime: Number(expires),
    signedHeaders: signedHeadersOf(request, signedHeaders, undefined),
    signature: signatureBytes(signature),
    securityToken: query.get('X-Amz-Security-Token') ?? headerValues(request, 'x-amz-security-token')[0],
  }
}

/** The values, in order. Throws with the sentences of all that are missing. */
function demand(wanted: readonly (readonly [value: string | undefined, sentence: string])[], more = ''): string[] {
  const sentences = wanted.filter(([value]) => value === undefined).map(([, sentence]) => sentence)
  if (sentences.length > 0 || more !== '') throw incomplete([...sentences, more].filter((sentence) => sentence !== '').join(' '))
  return wanted.map(([value]) => value ?? '')
}

function demandAlgorithm(algorithm: string | undefined): void {
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': only ${ALGORITHM} is served.`)
}

/** `Credential=…, SignedHeaders=…, Signature=…`, in any order, with or without the space. */
function pairsOf(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const part of text.split(',')) {
    const pair = part.trim()
    const equals = pair.indexOf('=')
    if (equals < 0) throw incomplete('The Authorization header holds what is not a valid key=value pair (missing equal-sign).')
    if (pairs.has(pair.slice(0, equals))) throw incomplete('The Authorization header gives a parameter more than once.')
    pairs.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  return pairs
}

interface Time {
  readonly at: number | undefined
  /** The header that it was in, which then must be signed. */
  readonly header: string | undefined
}

/** X-Amz-Date, else Date in either form; with the sentence about its absence. */
function timeInHeader(request: ReceivedRequest): [Time, missing: string] {
  const [ours] = headerValues(request, 'x-amz-date')
  if (ours !== undefined) return [{ at: parseBasicTime(ours), header: 'x-amz-date' }, '']
  const [date] = headerValues(request, 'date')
  if (date === undefined) return [{ at: undefined, header: undefined }, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]
  return [{ at: parseBasicTime(date) ?? parseHttpDate(date), header: 'date' }, '']
}

/** RFC 9110 section 5.6.7, the preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`. */
function parseHttpDate(text: string): number | undefined {
  const time = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(time) ? undefined : time
}

function credentialOf(text: string | undefined, time: Time): Pick<SignatureClaim, 'accessKeyId' | 'scope' | 'time'> {
  const elements = (text ?? '').split('/')
  const [accessKeyId = '', date = '', region = '', service = '', term = ''] = elements
  if (elements.length !== 5) throw incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.')
  if (time.at === undefined) throw incomplete("Date must be in ISO-8601 'basic format'.")
  if (term !== 'aws4_request') throw invalid("Credential should be scoped with a valid terminator: 'aws4_request'.")
  if (basicTime(time.at).slice(0, 8) !== date) throw invalid('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.')
  return { accessKeyId, scope: { date, region, service }, time: time.at }
}

/** What must be signed: the host, the time, and all that the request is controlled by (every `x-amz-` header, the operation's name among them). */
function signedHeadersOf(request: ReceivedRequest, text: string | undefined, time: string | undefined): string[] {
  const names = (text ?? '').split(';')
  if (names.some((name, at) => name !== name.toLowerCase() || name === '' || (names[at - 1] ?? '') >= name)) {
    throw invalid('SignedHeaders must be names in lower case, sorted, each once.')
  }
  const sent = request.headers.map(([name]) => name.toLowerCase())
  const needed = ['host', ...(time === undefined ? [] : [time]), ...sent.filter((name) => name.startsWith('x-amz-'))]
  for (const name of needed) {
    // Only names that we know are repeated.
    if (!names.includes(name)) throw invalid(`'${known[name] ?? 'X-Amz-*'}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
  return names
}

const known: Readonly<Record<string, string>> = {
  host: 'Host',
  date: 'Date',
  'x-amz-date': 'X-Amz-Date',
  'x-amz-target': 'X-Amz-Target',
  'x-amz-security-token': 'X-Amz-Security-Token',
  'x-amz-content-sha256': 'X-Amz-Content-SHA256',
}

function signatureBytes(text: string | undefined): Uint8Array {
  const bytes = fromHex(text ?? '')
  // Any text of another form is as wrong as a wrong signature, and AWS says the same.
  return bytes?.length === 32 ? bytes : new Uint8Array(32)
}

function incomplete(text: string): VaultError {
  return new VaultError('IncompleteSignatureException', { text })
}

function invalid(text: string): VaultError {
  return new VaultError('InvalidSignatureException', { text })
}
