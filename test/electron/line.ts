import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { Api } from '#contract/contract.ts'
import { askForPort, portMessage } from '#contract/desktop.ts'
import { bytesSerializer } from '#contract/serializer.ts'
import type { Line } from '../transports/conformance.ts'
import type { App } from './app.ts'

/**
 * A client here whose port is in the app's page: what one end sends is passed on to the other, unread. The console gives way to an empty
 * page of ours, as it would want the port for itself.
 */
export async function openLines(app: App): Promise<() => Promise<Line>> {
  const page = app.page()
  await page.getByRole('heading').waitFor()
  await app.main.evaluate(async ({ BrowserWindow }) => {
    await BrowserWindow.getAllWindows()[0]?.loadURL('app://holdfast/none.txt')
  })
  let current: { heard(text: string): void; ended(): void } | undefined
  await page.exposeBinding('heard', (_source, text: string) => current?.heard(text))
  await page.exposeBinding('lineEnded', () => current?.ended())

  async function connect(): Promise<Line> {
    let tell: ((event: { data: string }) => void) | undefined
    let tellClosed: (() => void) | undefined
    const ended = new Promise<void>((resolve) => {
      current = {
        heard: (data) => tell?.({ data }),
        ended() {
          tellClosed?.()
          resolve()
        },
      }
    })
    await page.evaluate(
      async ([ask, answer]) => {
        const own = window as unknown as { line?: MessagePort; heard(text: string): void; lineEnded(): void }
        const port = await new Promise<MessagePort>((resolve) => {
          window.addEventListener('message', ({ data, ports: [first] }) => {
            if (data === answer && first !== undefined) resolve(first)
          })
          window.postMessage(ask, location.origin)
        })
        port.addEventListener('message', ({ data }) => own.heard(String(data)))
        port.addEventListener('close', () => {
          if (own.line === port) own.lineEnded()
        })
        own.line = port
        port.start()
      },
      [askForPort, portMessage] as const,
    )
    const send = async (message: string): Promise<void> => page.evaluate((text) => (window as unknown as { line: MessagePort }).line.postMessage(text), message)
    const port = {
      addEventListener(event: string, listener: (event: { data: string }) => void) {
        if (event === 'message') tell = listener
        else tellClosed = () => listener({ data: '' })
      },
      postMessage: (message: string) => void send(message),
    }
    return {
      api: createORPCClient<Api>(new RPCLink({ port: port as unknown as MessagePort, customJsonSerializers: [bytesSerializer] })),
      ended,
      send,
      async close() {
        await page.evaluate(() => {
          const own = window as unknown as { line: MessagePort; lineEnded(): void }
          // A port does not tell its own end that it was closed there.
          own.line.close()
          own.lineEnded()
        })
        await ended
      },
    }
  }

  return connect
}
