import { connect } from 'node:tls'
import aws4 from 'aws4'
import { REGION, type RunningEndpoint } from './running-endpoint.ts'

/** One answer, as its bytes came. */
export interface RawAnswer {
  readonly status: number
  /** Names as spelled, in order. */
  readonly names: readonly string[]
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Draft {
  readonly operation?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly region?: string
  readonly service?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** As `20261125T043000Z`; now, if not given. */
  readonly date?: string
  readonly host?: string
  readonly path?: string
  readonly method?: string
  /** In the query, as a presigned request. */
  readonly signQuery?: boolean
}

/** The text of a signed request, HTTP/1.1. */
export function signedText(endpoint: RunningEndpoint, draft: Draft): string {
  const { operation = 'ListKeys', body = '{}', headers = {}, host = new URL(endpoint.url).host, date = now(), path = '/', method = 'POST' } = draft
  const query = draft.signQuery === true ? `${path.includes('?') ? '&' : '?'}X-Amz-Date=${date}&X-Amz-Expires=60` : ''
  const signed = aws4.sign(
    {
      service: draft.service ?? 'kms',
      region: draft.region ?? REGION,
      method,
      path: path + query,
      host,
      body,
      signQuery: draft.signQuery ?? false,
      headers: { 'X-Amz-Target': `TrentService.${operation}`, 'Content-Type': 'application/x-amz-json-1.1', ...(draft.signQuery === true ? {} : { 'X-Amz-Date': date }), ...headers },
    },
    draft.credentials ?? endpoint.credentials,
  )
  const all = Object.entries({ ...signed.headers, 'Content-Length': String(Buffer.byteLength(body)) })
  return `${method} ${signed.path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** Signs and sends. */
export async function send(endpoint: RunningEndpoint, draft: Draft = {}): Promise<RawAnswer> {
  return sendText(endpoint, signedText(endpoint, draft))
}

/** Sends bytes on a TLS connection of their own, and gives what comes back until the other side ends it. */
export async function sendText(endpoint: RunningEndpoint, text: string): Promise<RawAnswer> {
  const [answer] = await exchange(endpoint, text.replace('\r\n', '\r\nConnection: close\r\n'))
  if (answer === undefined) throw new Error('no answer')
  return answer
}

/** All answers on one connection, until the other side ends it. */
export function exchange(endpoint: RunningEndpoint, text: string): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port: endpoint.port, ca: endpoint.ca })
    socket.on('error', reject)
    socket.on('data', (part) => parts.push(part))
    socket.on('close', () => { resolve(answersIn(Buffer.concat(parts).toString('latin1'))) })
    socket.write(text)
  })
}

function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n')
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
    const byName = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
    const length = Number(byName['content-length'] ?? rest.length)
    const body = Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString()
    answers.push({ status: Number(first.split(' ')[1]), names: headers.map(([name]) => name), headers: byName, body })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

export function now(offset = 0): string {
  return new Date(Date.now() + offset).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}
