import type { IncomingMessage, ServerResponse } from 'node:http'
import { crc32 } from 'node:zlib'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Endpoint } from '#core/ports/endpoint.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { Connection } from '#services/sessions.ts'
import type { Vault } from '#services/vault.ts'
import { readBody } from '../http/body.ts'
import { listen, type Listener } from '../http/listener.ts'
import { receivedRequest, tlsDetails } from '../http/received.ts'
import { createRequestLog } from '../request-log.ts'
import { failureBody } from './failures.ts'
import { answerRequest, namedOperation, type Answer } from './protocol.ts'

/** Beyond every request that the operations allow: a policy of 131,072 characters, each written as six, is 768 KiB. */
const LARGEST_BODY = 1024 * 1024

/** The Endpoint port over HTTPS. `report` logs a fault of our own, and gives its incident id. */
export function createKmsEndpoint(parts: { ambient: Ambient; vault: () => Vault; report: (error: unknown) => string }): Endpoint {
  const { ambient, report } = parts
  const log = createRequestLog()
  let running: { readonly listener: Listener; readonly since: number } | undefined
  let starting = false

  function state(): Endpoint['state'] {
    if (running === undefined) return undefined
    const { listener, since } = running
    return { url: listener.url, transport: listener.transport, since, ready: listener.ready }
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [at, started, requestId] = [ambient.now(), ambient.monotonic(), ambient.uuid()]
    const body = await readBody(incoming, LARGEST_BODY)
    // Its sender has gone in the middle: there is nobody to answer.
    if (body === undefined) return
    const request = receivedRequest(incoming, body === 'too large' ? new Uint8Array() : body)
    const connection = connectionOf(incoming, requestId)
    const answer = body === 'too large' ? tooLarge() : await answerRequest({ vault: parts.vault(), report }, request, connection)
    if (body !== 'too large') body.fill(0)
    send(response, requestId, answer)
    log.add({
      at,
      requestId,
      operation: namedOperation(request)?.name,
      accessKeyId: connection.session?.signed?.accessKeyId,
      region: connection.session?.signed?.region,
      status: answer.status,
      failure: answer.failure,
      milliseconds: ambient.monotonic() - started,
    })
  }

  return {
    async start(address, identity) {
      const url = running?.listener.url
      if (url !== undefined || starting) throw new VaultError('ENDPOINT_ON', { url: url ?? 'an address that it is just taking' })
      starting = true
      try {
        const listener = await listen(address, identity, (incoming, response) => {
          serve(incoming, response).catch((error: unknown) => {
            report(error)
            response.destroy()
          })
        })
        running = { listener, since: ambient.now() }
        return state() ?? unreachable('an endpoint that does not listen')
      } finally {
        starting = false
      }
    },
    present(identity) {
      running?.listener.present(identity)
    },
    async stop() {
      const stopping = running
      running = undefined
      await stopping?.listener.close()
    },
    get state() {
      return state()
    },
    log: () => log.lines(),
  }
}

/** Each request is a connection of its own to the services: it proves its principal by itself. */
function connectionOf(incoming: IncomingMessage, requestId: string): Connection {
  return {
    via: 'endpoint',
    source: incoming.socket.remoteAddress ?? 'local',
    agent: (incoming.headers['user-agent'] ?? 'unknown').slice(0, 256),
    session: undefined,
    requestId,
    tls: tlsDetails(incoming),
  }
}

function tooLarge(): Answer {
  const failure = { status: 413, type: 'RequestEntityTooLargeException', message: `A request has at most ${LARGEST_BODY} bytes.` }
  return { status: failure.status, body: failureBody(failure), failure: failure.type }
}

/** Names of headers as the service spells them: libmongocrypt, for one, looks for exactly `Content-Length`. */
function send(response: ServerResponse, requestId: string, { status, body }: Answer): void {
  response.writeHead(status, [
    'x-amzn-RequestId', requestId,
    'Cache-Control', 'no-cache, no-store, must-revalidate, private',
    'Expires', '0',
    'Pragma', 'no-cache',
    'Content-Type', 'application/x-amz-json-1.1',
    'x-amz-crc32', String(crc32(body)),
    'Content-Length', String(body.length),
    ...(status === 413 ? ['Connection', 'close'] : []),
  ])
  // The copy on its way through the socket is beyond our reach; this one is not.
  response.end(body, () => body.fill(0))
}
