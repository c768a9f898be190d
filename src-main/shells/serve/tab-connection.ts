import type { IncomingMessage } from 'node:http'
import type { Connection } from '#services/sessions.ts'
import type { Visitor } from './admission.ts'

/** The tab's session lives with the visitor, so all its connections share it, before and after a reload. */
export function connectionOf(visitor: Visitor, request: IncomingMessage): Connection {
  return {
    via: 'console',
    source: request.socket.remoteAddress ?? '127.0.0.1',
    agent: (request.headers['user-agent'] ?? 'unknown').slice(0, 256),
    get session() {
      return visitor.session
    },
    set session(session) {
      visitor.session = session
    },
  }
}
