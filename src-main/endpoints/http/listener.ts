import { createServer as createHttpServer, type RequestListener, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Certified } from '#core/ports/certificates.ts'
import type { EndpointAddress } from '#core/ports/endpoint.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { certificatePem, privateKeyPem } from './pem.ts'

/** A server on a loopback address, with TLS or without. */
export interface Listener {
  /** `https://127.0.0.1:8443` */
  readonly url: string
  readonly transport: EndpointAddress['transport']
  /** Whether clients can get beyond the handshake. */
  readonly ready: boolean
  present(identity: Certified): void
  /** Ends every connection. */
  close(): Promise<void>
}

/** Slow senders are not waited for: header and body of a request arrive on one machine. In milliseconds. */
const LIMITS: ServerOptions = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16_384 }
/** Longer than clients keep an idle connection (Java and Go: 60 and 90 s; others open a new one when this one has gone). */
const KEEP_ALIVE = 65_000
const MOST_CONNECTIONS = 512
const MIN_TLS = 'TLSv1.2'

/** Throws PORT_UNAVAILABLE. */
export async function listen(address: EndpointAddress, identity: Certified | undefined, handle: RequestListener): Promise<Listener> {
  const secure = address.transport === 'tls' ? createHttpsServer({ ...LIMITS, minVersion: MIN_TLS, handshakeTimeout: 5_000 }, handle) : undefined
  const server = secure ?? createHttpServer(LIMITS, handle)
  server.keepAliveTimeout = KEEP_ALIVE
  server.maxConnections = MOST_CONNECTIONS
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // A client that goes away in the middle: there is nobody to tell.
    socket.on('error', () => undefined)
    socket.on('close', () => { sockets.delete(socket) })
  })
  let ready = secure === undefined

  function present(shown: Certified): void {
    if (secure === undefined) return
    const key = privateKeyPem(shown.privateKey)
    secure.setSecureContext({ key, cert: certificatePem(shown.certificate), minVersion: MIN_TLS })
    key.fill(0)
    ready = true
  }

  if (identity !== undefined) present(identity)
  const port = await bound(server, address)
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return {
    url: `${secure === undefined ? 'http' : 'https'}://${host}:${port}`,
    transport: address.transport,
    get ready() {
      return ready
    },
    present,
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve() })
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function bound(server: ReturnType<typeof createHttpServer>, { host, port }: EndpointAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(new VaultError('PORT_UNAVAILABLE', { port, reason: error.code ?? error.name }))
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}
