import { randomUUID } from 'node:crypto'
import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { createRouterClient } from '@orpc/server'
import { RPCHandler } from '@orpc/server/websocket'
import type { WebSocket } from 'ws'
import { bytesSerializer } from '#contract/serializer.ts'
import type { Api } from '#contract/contract.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Connection } from '#services/sessions.ts'
import { declareFailures, declareMalformed } from './failures.ts'
import { wholeMessage } from './inbox.ts'
import { incidentLine, type Log } from './log.ts'
import type { Context, HoldfastRouter } from './router.ts'

/** The largest message in either direction, in bytes (over a port: UTF-16 units). A larger one ends the connection (close code 1009), so schemas stay below. */
export const MAX_MESSAGE = 16 * 1024 * 1024

/** What a transport hands an authenticated WebSocket or port to. */
export interface Handler {
  /** Answers calls on this socket for as long as it is open. */
  serve(socket: WebSocket, connection: Connection): void
  /** The same on a port, which the caller starts afterwards. */
  servePort(port: Port, context: Context): void
}

/** The part of Electron's MessagePortMain that carries calls. What arrives is whatever the other side has sent. */
export interface Port {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  close(): void
}

/** RFC 6455 section 7.4.1: the message is not of the protocol's form; something broke on our side. */
const INVALID_DATA = 1007
const INTERNAL_ERROR = 1011

/** The router behind every transport: the console's WebSockets and the local socket's, the desktop app's ports. */
export function createHandler(router: HoldfastRouter, log: Log): Handler {
  const handler = new RPCHandler<Context>(router, {
    customJsonSerializers: [bytesSerializer],
    interceptors: [declareMalformed],
    clientInterceptors: [declareFailures(log)],
  })
  type Peer = Parameters<typeof handler.message>[0]

  /** Not by oRPC's own adapters: they print what they could not parse, which may be anything. */
  function receive(peer: Peer, message: string | ArrayBuffer, context: Context, end: (code: number) => void): void {
    handler.message(peer, message, { context }).catch((error: unknown) => {
      if (error instanceof SyntaxError || error instanceof TypeError) {
        end(INVALID_DATA)
      } else {
        log(incidentLine(randomUUID(), error))
        end(INTERNAL_ERROR)
      }
    })
  }

  return {
    serve(socket, connection) {
      const peer = socket as unknown as Peer
      socket.on('message', (data, binary) => {
        const message = wholeMessage(data)
        receive(peer, binary ? (message as unknown as ArrayBuffer) : message.toString('utf8'), { connection }, (code) => socket.close(code))
      })
      socket.on('close', () => {
        handler.close(peer)
      })
    },
    servePort(port, context) {
      // A call that ends after its port has closed has nobody to tell: such a message is dropped.
      const peer: Peer = { send: (message: unknown) => port.postMessage(message) } as unknown as Peer
      port.on('message', ({ data }) => {
        if (typeof data === 'string' && data.length <= MAX_MESSAGE) receive(peer, data, context, () => port.close())
        else port.close()
      })
      port.on('close', () => {
        handler.close(peer)
      })
    },
  }
}

/** The client's end of a WebSocket that the server has let in. */
export function clientOver(socket: WebSocket): Api {
  // ws has the DOM's events with types of its own; oRPC wants only these members.
  const websocket = socket as unknown as ConstructorParameters<typeof RPCLink>[0]['websocket']
  return createORPCClient<Api>(new RPCLink({ websocket, customJsonSerializers: [bytesSerializer], interceptors: [noticeLoss] }))
}

/** oRPC has several plain errors for a socket that closed in the middle of a call; what the owner itself said is an ORPCError. */
async function noticeLoss<Output>(call: { readonly signal?: AbortSignal | undefined; next(): Promise<Output> }): Promise<Output> {
  try {
    return await call.next()
  } catch (error) {
    if (error instanceof ORPCError || call.signal?.aborted === true) throw error
    throw new VaultError('CONNECTION_LOST')
  }
}

/** The same router without a transport, for a command that owns the vault itself. */
export function clientInProcess(router: HoldfastRouter, connection: Connection, log: Log): Api {
  return createRouterClient(router, { context: { connection }, interceptors: [declareFailures(log)] })
}
