import { createAmbient } from '#crypto/ambient.ts'
import type { Holdfast } from '../compose.ts'
import type { Log } from '../log.ts'
import { listenLocally, type LocalServices } from '../local/listen.ts'
import { createHandler, type Handler } from '../transport.ts'
import { createAdmission } from './admission.ts'
import { type ConsoleServer, serveConsole } from './console-server.ts'
import { createFileTransfers } from './file-transfers.ts'
import { readPages } from './pages.ts'

/** A vault's owner that others can reach: the console in a browser, commands over the local socket. */
export interface RunningOwner {
  readonly console: ConsoleServer
  /** The local socket's address. */
  readonly socket: string
  /** Ends both, and every connection. The vault stays as it is: the caller closes it afterwards. */
  close(): Promise<void>
}

export interface OwnerOptions {
  /** The port of the console on 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** The folder that the renderer was built into. */
  readonly renderer: string
  /** As process.env. */
  readonly environment: NodeJS.ProcessEnv
  readonly log: Log
}

/** Opens both ways in. The caller holds the home's lock. */
export async function runOwner(holdfast: Holdfast, options: OwnerOptions): Promise<RunningOwner> {
  holdfast.vault.reside()
  const handler = createHandler(holdfast.router, options.log)
  const admission = createAdmission(createAmbient())
  const files = createFileTransfers({ vault: holdfast.vault, admission, log: options.log })
  await holdfast.files.removeLeftovers()
  const console = await serveConsole({ pages: readPages(options.renderer), admission, handler, files, port: options.port })
  try {
    const local = await listenLocally(holdfast.home.path, localServices(handler, console), options.environment)
    return {
      console,
      socket: local.address,
      async close() {
        // The owner file first: nobody new finds us while we go.
        await local.close()
        await console.close()
      },
    }
  } catch (error) {
    await console.close()
    throw error
  }
}

function localServices(handler: Handler, console: ConsoleServer): LocalServices {
  return {
    rpc(socket, agent) {
      handler.serve(socket, { via: 'cli', source: 'local', agent, session: undefined })
    },
    link: () => console.link(),
  }
}
