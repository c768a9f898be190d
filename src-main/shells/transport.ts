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

/** The largest message of a WebSocket in either direction. A larger one ends the connection (close code 1009), so schemas stay below. */
export const MAX_MESSAGE = 16 * 1024 * 1024

/** What a transport hands an authenticated WebSocket to. */
export interface Handler {
  /** Answers calls on this socket for as long as it is open. */
  serve(socket: WebSocket, connection: Connection): void
}

/** RFC 6455 section 7.4.1: the message is not of the protocol's form; something broke on our side. */
const INVALID_DATA = 1007
const INTERNAL_ERROR = 1011

/** The router behind WebSockets, the console's and the local socket's alike. */
export function createHandler(router: HoldfastRouter, log: Log): Handler {
  const handler = new RPCHandler<Context>(router, {
    customJsonSerializers: [bytesSerializer],
    interceptors: [declareMalformed],
    clientInterceptors: [declareFailures(log)],
  })
  return {
    serve(socket, connection) {
      const peer = socket as unknown as Parameters<typeof handler.message>[0]
      socket.on('message', (data, binary) => {
        const message = wholeMessage(data)
        handler.message(peer, binary ? (message as unknown as ArrayBuffer) : message.toString('utf8'), { context: { connection } }).catch((error: unknown) => {
          // Not oRPC's adapter for ws: that one prints what it could not parse, which may be anything.
          if (error instanceof SyntaxError || error instanceof TypeError) {
            socket.close(INVALID_DATA)
          } else {
            log(incidentLine(randomUUID(), error))
            socket.close(INTERNAL_ERROR)
          }
        })
      })
      socket.on('close', () => {
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
