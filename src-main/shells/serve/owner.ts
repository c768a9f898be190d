import type { Holdfast } from '../compose.ts'
import type { Log } from '../log.ts'
import { listenLocally } from '../local/listen.ts'
import { createHandler } from '../transport.ts'
import { createAdmission } from './admission.ts'
import { type ConsoleServer, serveConsole } from './console-server.ts'
import { listPages } from './pages.ts'

/** A vault's owner that others can reach: the console in a browser, commands over the local socket. */
export interface RunningOwner {
  readonly console: ConsoleServer
  /** The local socket's address. */
  readonly socket: string
  /** Refuses new work, ends all connections, locks the vault. The lock of the home stays the caller's. */
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
  const handler = createHandler(holdfast.router, options.log)
  const admission = createAdmission(() => performance.now())
  const console = await serveConsole({ pages: listPages(options.renderer), admission, handler, port: options.port })
  const local = await listenLocally(
    holdfast.home.path,
    {
      rpc(socket, agent) {
        handler.serve(socket, { via: 'cli', source: 'local', agent, session: undefined })
      },
      link: () => console.link(),
    },
    options.environment,
  )
  return {
    console,
    socket: local.address,
    async close() {
      // The owner file first: nobody new finds us while we go.
      await local.close()
      await console.close()
      await holdfast.close()
    },
  }
}
