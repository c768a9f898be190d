import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { Api } from '#contract/contract.ts'
import { bytesSerializer } from '#contract/serializer.ts'
import { compose } from '#shells/compose.ts'
import { createHandler, type Port } from '#shells/transport.ts'
import { describeTransport, type Transport } from './conformance.ts'

// Node's own ports, where the same code answers as in Electron; test/electron/transport.test.ts runs the suite there.

describeTransport('the contract over a MessagePort', async (): Promise<Transport> => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-transport-'))
  const holdfast = compose({ homePath: folder })
  holdfast.home.acquire()
  const handler = createHandler(holdfast.router, () => undefined)
  const ports: MessagePort[] = []
  return {
    async connect() {
      const { port1, port2 } = new MessageChannel()
      ports.push(port1)
      handler.servePort(asInElectron(port1), { connection: { via: 'console', source: 'local', agent: 'suite', session: undefined } })
      const ended = once(port2, 'close').then(() => undefined)
      return {
        api: createORPCClient<Api>(new RPCLink({ port: port2, customJsonSerializers: [bytesSerializer] })),
        ended,
        send: async (message) => port2.postMessage(message),
        async close() {
          port2.close()
          await ended
        },
      }
    },
    async close() {
      for (const port of ports) port.close()
      await holdfast.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})

/** Node gives a listener the message itself, Electron an event that holds it. */
function asInElectron(port: MessagePort): Port {
  return {
    postMessage: (message) => port.postMessage(message),
    close: () => port.close(),
    on: (event: 'message' | 'close', listener: (event: { data: unknown }) => void) => port.on(event, (data: unknown) => listener({ data })),
  }
}
