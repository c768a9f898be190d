import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from '#contract/zod.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Handler } from '../transport.ts'
import type { Admission } from './admission.ts'
import { json, plain } from './answers.ts'
import { createConsoleSockets } from './console-socket.ts'
import type { FileTransfers } from './file-transfers.ts'
import { type Stranger, strangerIn } from './origin.ts'
import { answerFor } from './page-answer.ts'
import type { Pages } from './pages.ts'

export interface ConsoleServer {
  readonly port: number
  /** `http://127.0.0.1:PORT/` */
  readonly url: string
  /** A fresh one-time link to the console. */
  link(): string
  /** Ends all connections. */
  close(): Promise<void>
}

export interface ConsoleOptions {
  readonly pages: Pages
  readonly admission: Admission
  readonly handler: Handler
  /** Uploads and downloads; undefined for a console without. */
  readonly files?: FileTransfers | undefined
  /** 0 takes a free one. */
  readonly port: number
}

/** Serves the browser console on 127.0.0.1 alone. Throws PORT_UNAVAILABLE. */
export async function serveConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const { admission, pages } = options
  const sockets = createConsoleSockets(admission, options.handler)
  // A large file takes its time: each body has a limit of its own, where it is read.
  const server = createServer({ requestTimeout: 0, headersTimeout: 5_000 })
  server.maxConnections = 256
  const port = await listening(server, options.port)

  server.on('request', (request, response) => {
    const stranger = strangerIn(request.headers, port, sends(request) ? 'needs origin' : 'may lack origin')
    if (stranger !== undefined) plain(response, stranger, strangerTexts[stranger])
    else if (options.files?.answer(request, response) === true) return
    else if (request.method === 'POST' && request.url === '/session') void exchangeLink(request, response, admission)
    else if (request.method === 'GET' || request.method === 'HEAD') sendPage(request, response, pages)
    else plain(response, 405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' })
  })
  server.on('upgrade', (request, stream, head) => {
    // A client that goes away in the middle: there is nobody to tell.
    stream.on('error', () => undefined)
    const refusal = strangerIn(request.headers, port, 'needs origin') ?? (request.url === '/rpc' ? undefined : 404)
    if (refusal === undefined) sockets.upgrade(request, stream, head)
    else stream.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\n\r\n`)
  })

  const url = `http://127.0.0.1:${port}/`
  return {
    port,
    url,
    // The fragment never leaves the browser: not in a request, a log, or a Referer.
    link: () => `${url}#token=${admission.issueLink()}`,
    async close() {
      sockets.close()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
    },
  }
}

/** What our own page asks with an Origin; browsers send none with plain reads of their own site. */
function sends({ method, url }: IncomingMessage): boolean {
  return method === 'POST' || (method === 'PUT' && url?.startsWith('/files/') === true)
}

const strangerTexts = {
  421: 'This is Holdfast on its own machine, reached under a name that is not its own.',
  403: 'Only the console itself may ask.',
} as const satisfies Record<Stranger, string>

function sendPage(request: IncomingMessage, response: ServerResponse, pages: Pages): void {
  const { status, headers, body } = answerFor(pages, (request.url ?? '/').split('?', 1)[0] ?? '/')
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(request.method === 'HEAD' ? undefined : body)
}

const exchangeForm = z.object({ link: z.string().max(128) })

/** `POST /session {"link"}` gives `{"token"}`, or 403 with a sentence for the person. */
async function exchangeLink(request: IncomingMessage, response: ServerResponse, admission: Admission): Promise<void> {
  const form = exchangeForm.safeParse(await readJson(request))
  if (response.destroyed) return
  const token = form.success ? admission.exchange(form.data.link) : undefined
  if (token !== undefined) {
    json(response, 200, { token })
  } else if (form.success) {
    json(response, 403, { text: 'This link was used before, or is older than 60 seconds.', advice: 'Get a fresh one with `holdfast link`.' })
  } else {
    json(response, 400, { text: 'This is not a one-time link.' })
  }
}

/** For a form's body, in milliseconds. */
const PATIENCE = 10_000

/** Undefined for a body that is no JSON, beyond 1 KiB, or longer in coming than `PATIENCE`. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let length = 0
  const timer = setTimeout(() => request.destroy(), PATIENCE)
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length
      if (length > 1024) return undefined
      parts.push(part)
    }
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    // Cut off by the client, or no JSON: both are no form, and say nothing more.
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(new VaultError('PORT_UNAVAILABLE', { port, reason: error.code ?? error.name }))
    }
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}
