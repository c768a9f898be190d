import { RPCLink } from '@orpc/client/message-port'
import { askForPort, portMessage } from '#contract/desktop.ts'
import { bytesSerializer } from '#contract/serializer.ts'
import { desktopBridge } from './desktop.ts'
import { desktopFile } from './desktop-file.ts'
import type { Line, Transport } from './transport.ts'

/** How long main may take to answer, in milliseconds. */
const PATIENCE = 5_000

/** The transport of the desktop app: a MessagePort from main, which the preload passes on. */
export function createPortTransport(): Transport {
  const desktop = desktopBridge()
  return {
    ...(desktop === undefined ? {} : { given: (api, file) => desktopFile(api, file, desktop) }),
    async open(): Promise<Line> {
      const port = await receivePort()
      const ended = new Promise<void>((resolve) => {
        port.addEventListener('close', () => resolve(), { once: true })
      })
      const link = new RPCLink({ port, customJsonSerializers: [bytesSerializer] })
      port.start()
      return { link, ended }
    },
  }
}

async function receivePort(): Promise<MessagePort> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      window.removeEventListener('message', receive)
      reject(new Error('no port came'))
    }, PATIENCE)
    function receive(event: MessageEvent): void {
      const [port] = event.ports
      if (event.source !== window || event.data !== portMessage || port === undefined) return
      clearTimeout(timer)
      window.removeEventListener('message', receive)
      resolve(port)
    }
    window.addEventListener('message', receive)
    window.postMessage(askForPort, location.origin)
  })
}
