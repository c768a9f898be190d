import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { TlsDetails } from '#core/audit/record.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'

/** A request as its signer must have seen it: names and values of headers are Node's Latin-1 of the bytes, none is joined or dropped. */
export function receivedRequest(incoming: IncomingMessage, body: Uint8Array): ReceivedRequest {
  const url = incoming.url ?? '/'
  const mark = url.indexOf('?')
  const raw = incoming.rawHeaders
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return { method: incoming.method ?? '', path: mark < 0 ? url : url.slice(0, mark), query: mark < 0 ? '' : url.slice(mark + 1), headers, body }
}

/** Undefined over plain HTTP. */
export function tlsDetails({ socket, headers }: IncomingMessage): TlsDetails | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  let known = connections.get(socket)
  if (known === undefined) {
    known = { version: socket.getProtocol() ?? 'unknown', cipherSuite: socket.getCipher().standardName }
    connections.set(socket, known)
  }
  return { ...known, host: headers.host ?? '' }
}

/** Asked once for each connection, not for each request. */
const connections = new WeakMap<TLSSocket, Pick<TlsDetails, 'version' | 'cipherSuite'>>()
