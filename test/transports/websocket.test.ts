import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import { compose } from '#shells/compose.ts'
import { clientOver, createHandler } from '#shells/transport.ts'
import { describeTransport, type Transport } from './conformance.ts'

describeTransport('the contract over a WebSocket', async (): Promise<Transport> => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-transport-'))
  const holdfast = compose({ homePath: folder })
  holdfast.home.acquire()
  const handler = createHandler(holdfast.router, () => undefined)
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => handler.serve(socket, { via: 'cli', source: 'local', agent: 'suite', session: undefined }))
  await once(server, 'listening')
  return {
    async connect() {
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
      const ended = once(socket, 'close').then(() => undefined)
      await once(socket, 'open')
      return {
        api: clientOver(socket),
        ended,
        send: async (message) => socket.send(message),
        async close() {
          socket.close()
          await ended
        },
      }
    },
    async close() {
      for (const client of server.clients) client.terminate()
      server.close()
      await holdfast.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
