import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { MAX_MESSAGE } from '../transport.ts'
import { chooseAddress, clearAddress } from './address.ts'
import { NOT_PROVEN, NOTHING_HERE, openInbox } from '../inbox.ts'
import { readOwnerFile, removeOwnerFile, writeOwnerFile } from './owner-file.ts'
import { matches, newNonce, proof, PROOF_LENGTH } from './proof.ts'

/** What the owner offers behind the handshake, by path. */
export interface LocalServices {
  /** The contract. `agent` is the client's name and version, as it says. */
  rpc(socket: WebSocket, agent: string): void
  /** A fresh one-time link to the console; undefined if there is no console. */
  link(): string | undefined
}

export interface LocalSocket {
  readonly address: string
  /** Ends all connections, removes the owner file, the socket and the login token. */
  close(): Promise<void>
}

/** More than any person's scripts hold open at once. */
const MOST_CONNECTIONS = 256

/** Listens as the owner of this home, whose lock the caller holds. `environment` as in process.env. */
export async function listenLocally(homePath: string, services: LocalServices, environment: NodeJS.ProcessEnv): Promise<LocalSocket> {
  const before = readOwnerFile(homePath)
  if (before !== undefined) clearAddress(before.address)
  const address = chooseAddress(homePath, environment)

  const secret = randomBytes(PROOF_LENGTH)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false })
  const server = createServer((_request, response) => {
    response.writeHead(404).end()
  })
  server.maxConnections = MOST_CONNECTIONS
  server.on('upgrade', (request, stream, head) => {
    // A client that goes away in the middle: there is nobody to tell.
    stream.on('error', () => undefined)
    const refusal = refused(request)
    if (refusal !== undefined) {
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      // A message beyond the limit or a broken frame: ws closes the connection by itself, and there is nobody to tell.
      socket.on('error', () => undefined)
      void letIn(socket, secret).then((proven) => {
        if (proven) paths[request.url ?? '']?.(socket, services, request)
      })
    })
  })

  await listening(server, address)
  try {
    writeOwnerFile(homePath, { address, secret })
  } catch (error) {
    server.close()
    clearAddress(address)
    throw error
  }
  return {
    address,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
      clearAddress(address)
      removeOwnerFile(homePath)
      secret.fill(0)
    },
  }
}

const paths: Record<string, (socket: WebSocket, services: LocalServices, request: IncomingMessage) => void> = {
  '/rpc': (socket, services, request) => {
    services.rpc(socket, (request.headers['user-agent'] ?? 'unknown').slice(0, 128))
    socket.send('ok')
  },
  '/link': (socket, services) => {
    socket.send('ok')
    const link = services.link()
    if (link === undefined) {
      socket.close(NOTHING_HERE)
    } else {
      socket.send(link)
      socket.close(1000)
    }
  },
}

function refused(request: IncomingMessage): string | undefined {
  if (request.headers.origin !== undefined) return '403 Forbidden'
  return Object.hasOwn(paths, request.url ?? '') ? undefined : '404 Not Found'
}

/** The owner's part of the handshake up to the client's proof; a client that fails it is shown the door. */
async function letIn(socket: WebSocket, secret: Uint8Array): Promise<boolean> {
  const inbox = openInbox(socket)
  const first = await inbox.next()
  if (first?.binary === true && first.bytes.length === PROOF_LENGTH) {
    const nonce = newNonce()
    socket.send(Buffer.concat([nonce, proof('server', secret, first.bytes, nonce)]))
    const second = await inbox.next()
    if (second?.binary === true && matches(proof('client', secret, first.bytes, nonce), second.bytes)) {
      inbox.leave()
      return true
    }
  }
  inbox.leave()
  socket.close(NOT_PROVEN)
  return false
}

async function listening(server: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // The folder is 0700 already; the mode of the socket says the same to whoever looks at it.
  if (process.platform !== 'win32') chmodSync(address, 0o600)
}
