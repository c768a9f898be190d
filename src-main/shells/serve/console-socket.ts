import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from '#contract/zod.ts'
import { NOT_PROVEN, openInbox } from '../inbox.ts'
import { type Handler, MAX_MESSAGE } from '../transport.ts'
import type { Admission, Visitor } from './admission.ts'
import { connectionOf } from './tab-connection.ts'

export interface ConsoleSockets {
  /** Takes over a connection whose Host and Origin are ours. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void
  close(): void
}

/** No person has that many tabs; a runaway page is stopped. */
const MOST_CONNECTIONS = 128
/** Messages at once, and each second after that: a page draws a screen with a dozen. */
const BURST = 2000
const STEADY = 500

/** RFC 6455 section 7.4.1. */
const POLICY_VIOLATION = 1008
const TRY_LATER = 1013
const GOING_AWAY = 1001

const firstMessage = z.strictObject({ token: z.string().max(128) })

/** The console's WebSocket: a tab proves by its token that it came in through a one-time link, then speaks the contract. */
export function createConsoleSockets(admission: Admission, handler: Handler): ConsoleSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false })

  async function welcome(socket: WebSocket, request: IncomingMessage): Promise<void> {
    const inbox = openInbox(socket)
    const visitor = visitorOf(await inbox.next(), admission)
    inbox.leave()
    if (visitor === undefined) {
      socket.close(NOT_PROVEN)
      return
    }
    limitRate(socket)
    handler.serve(socket, connectionOf(visitor, request))
    socket.send('ok')
  }

  return {
    upgrade(request, stream, head) {
      server.handleUpgrade(request, stream, head, (socket) => {
        // A message beyond the limit or a broken frame: ws closes the connection by itself, and there is nobody to tell.
        socket.on('error', () => undefined)
        if (server.clients.size > MOST_CONNECTIONS) socket.close(TRY_LATER)
        else void welcome(socket, request)
      })
    },
    close() {
      for (const socket of server.clients) {
        socket.close(GOING_AWAY)
        socket.terminate()
      }
    },
  }
}

function visitorOf(message: { binary: boolean; bytes: Buffer } | undefined, admission: Admission): Visitor | undefined {
  if (message === undefined || message.binary) return undefined
  let json: unknown
  try {
    json = JSON.parse(message.bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const form = firstMessage.safeParse(json)
  return form.success ? admission.visitor(form.data.token) : undefined
}

function limitRate(socket: WebSocket): void {
  let tokens = BURST
  let last = performance.now()
  socket.on('message', () => {
    const now = performance.now()
    tokens = Math.min(BURST, tokens + ((now - last) / 1000) * STEADY) - 1
    last = now
    if (tokens < 0) socket.close(POLICY_VIOLATION)
  })
}
