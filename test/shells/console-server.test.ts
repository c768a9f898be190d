import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { compose } from '#shells/compose.ts'
import { createAdmission } from '#shells/serve/admission.ts'
import { type ConsoleServer, serveConsole } from '#shells/serve/console-server.ts'
import { readPages } from '#shells/serve/pages.ts'
import { clientOver, createHandler } from '#shells/transport.ts'
import { temporaryFolder } from './temporary.ts'

interface Served extends ConsoleServer {
  advance(milliseconds: number): void
}

/** A console of a few files, before a home without a vault. */
async function serving(): Promise<Served> {
  const pages = join(temporaryFolder(), 'renderer')
  mkdirSync(join(pages, 'assets'), { recursive: true })
  writeFileSync(join(pages, 'index.html'), '<!doctype html><style nonce="__CSP_NONCE__"></style><meta property="csp-nonce" nonce="__CSP_NONCE__">')
  writeFileSync(join(pages, 'assets', 'index-abc123.js'), 'export {}')
  writeFileSync(join(pages, 'assets', 'index-abc123.js.map'), '{}')
  writeFileSync(join(pages, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(pages, '..', 'secret.txt'), 'outside')
  symlinkSync(join(pages, '..', 'secret.txt'), join(pages, 'link.txt'))

  const holdfast = compose({ homePath: temporaryFolder() })
  expect(holdfast.home.acquire()).toBe(true)
  let now = 0
  const server = await serveConsole({
    pages: readPages(pages),
    admission: createAdmission({ now: () => now, monotonic: () => now }),
    handler: createHandler(holdfast.router, () => undefined),
    port: 0,
  })
  onTestFinished(async () => {
    await server.close()
    await holdfast.close()
  })
  return Object.assign(server, { advance: (milliseconds: number) => (now += milliseconds) })
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Unlike fetch, sends the path and the headers exactly as they are given. */
async function ask(server: ConsoleServer, path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const call = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

function own(server: ConsoleServer): string {
  return `http://127.0.0.1:${server.port}`
}

function linkToken(server: ConsoleServer): string {
  return new URL(server.link()).hash.replace('#token=', '')
}

async function exchange(server: ConsoleServer, link: string): Promise<Answer> {
  return ask(server, '/session', { method: 'POST', headers: { Origin: own(server), 'Content-Type': 'application/json' }, body: JSON.stringify({ link }) })
}

async function browserToken(server: ConsoleServer): Promise<string> {
  const { token } = JSON.parse((await exchange(server, linkToken(server))).body) as { token: string }
  return token
}

describe('the page of the console', () => {
  it('comes with a strict content security policy and a nonce of its own', async () => {
    const server = await serving()
    const [first, second] = [await ask(server, '/'), await ask(server, '/')]
    const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(String(first.headers['content-security-policy']))?.[1] ?? expect.fail('no nonce')
    expect(first.body).toContain(`nonce="${nonce}"`)
    expect(first.body).not.toContain('__CSP_NONCE__')
    expect(first.headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; ` +
        `form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types vue`,
    )
    expect(second.body).not.toContain(nonce)
    expect(first.headers['cache-control']).toBe('no-store')
  })

  it.each(['/', '/assets/index-abc123.js', '/icon.svg', '/nothing.js'])('sends the common headers with %s', async (path) => {
    const { headers } = await ask(await serving(), path)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    expect(headers['permissions-policy']).toContain('camera=()')
  })

  it('lets hashed files be kept for ever, others be asked for again', async () => {
    const server = await serving()
    const script = await ask(server, '/assets/index-abc123.js')
    expect(script.headers['cache-control']).toContain('immutable')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect((await ask(server, '/icon.svg')).headers['cache-control']).toBe('no-cache')
  })

  it('answers routes with the page, and missing files with 404', async () => {
    const server = await serving()
    for (const path of ['/keys', '/keys/1234?tab=rotation', '/index.html']) {
      const answer = await ask(server, path)
      expect(answer.status).toBe(200)
      expect(answer.headers['content-security-policy']).toBeDefined()
    }
    for (const path of ['/assets/other.js', '/favicon.ico', '/assets/index-abc123.js.map']) expect((await ask(server, path)).status).toBe(404)
  })

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets\\..\\..\\secret.txt', '/link.txt', '//etc/passwd', '/%00.txt'])(
    'gives nothing outside its folder for %s',
    async (path) => {
      const { body } = await ask(await serving(), path)
      expect(body).not.toContain('outside')
      expect(body).not.toContain('root:')
    },
  )

  it('knows GET and HEAD only', async () => {
    const server = await serving()
    const head = await ask(server, '/', { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.body).toBe('')
    for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
      const answer = await ask(server, '/', { method })
      expect(answer.status).toBe(405)
      expect(answer.headers.allow).toBe('GET, HEAD')
    }
    expect((await ask(server, '/', { method: 'POST', headers: { Origin: own(server) } })).status).toBe(405)
  })
})

describe('the names that the console answers to', () => {
  it('are its own, with its port', async () => {
    const server = await serving()
    for (const host of [`127.0.0.1:${server.port}`, `localhost:${server.port}`]) expect((await ask(server, '/', { headers: { Host: host } })).status).toBe(200)
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', 'localhost', `127.0.0.1:${server.port + 1}`, `127.0.0.1.nip.io:${server.port}`]) {
      const answer = await ask(server, '/', { headers: { Host: host } })
      expect(answer.status).toBe(421)
      expect(answer.body).not.toContain('<!doctype')
    }
  })

  it('are the only ones whose pages may ask', async () => {
    const server = await serving()
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${server.port}`, `http://localhost:${server.port}`]) {
      expect((await ask(server, '/', { headers: { Origin: origin } })).status).toBe(403)
    }
    expect((await ask(server, '/', { headers: { Origin: own(server) } })).status).toBe(200)
  })

  it('are no others than the loopback', async () => {
    const server = await serving()
    // Another loopback address, where a server bound to all interfaces would answer too.
    const refused = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: server.port })
      socket.once('connect', () => resolve('connected')).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      onTestFinished(() => void socket.destroy())
    })
    expect(refused).toBe('ECONNREFUSED')
  })
})

describe('the exchange of a one-time link', () => {
  it('gives a token once, and a sentence after that', async () => {
    const server = await serving()
    const link = linkToken(server)
    const first = await exchange(server, link)
    expect(first.status).toBe(200)
    expect(first.headers['cache-control']).toBe('no-store')
    expect(first.headers['set-cookie']).toBeUndefined()
    const second = await exchange(server, link)
    expect(second.status).toBe(403)
    expect(JSON.parse(second.body)).toHaveProperty('text')
  })

  it('gives nothing after 60 seconds', async () => {
    const server = await serving()
    const link = linkToken(server)
    server.advance(60_000)
    expect((await exchange(server, link)).status).toBe(403)
  })

  it('needs an Origin of our own', async () => {
    const server = await serving()
    const body = JSON.stringify({ link: linkToken(server) })
    for (const headers of [{}, { Origin: 'http://evil.example' }]) expect((await ask(server, '/session', { method: 'POST', headers, body })).status).toBe(403)
    expect((await ask(server, '/session', { method: 'POST', headers: { Origin: own(server) }, body })).status).toBe(200)
  })

  it.each(['', '{', '[]', '{"link":1}', JSON.stringify({ link: 'x'.repeat(5000) })])('refuses a body of another form', async (body) => {
    const server = await serving()
    expect((await ask(server, '/session', { method: 'POST', headers: { Origin: own(server) }, body })).status).toBe(400)
  })
})

describe('the WebSocket of the console', () => {
  interface Opened {
    readonly socket: WebSocket
    readonly first: Promise<string>
    readonly closed: Promise<number>
  }

  async function open(server: ConsoleServer, headers: Record<string, string> = { Origin: own(server) }, path = '/rpc'): Promise<Opened> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })
    const first = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())))
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    onTestFinished(() => socket.terminate())
    return { socket, first, closed }
  }

  it('says ok to a token, then speaks the contract', async () => {
    const server = await serving()
    const { socket, first } = await open(server)
    socket.send(JSON.stringify({ token: await browserToken(server) }))
    expect(await first).toBe('ok')
    expect((await clientOver(socket).vault.status({})).state).toBe('none')
  })

  it('lets the same tab in again after a reload', async () => {
    const server = await serving()
    const token = await browserToken(server)
    for (let i = 0; i < 2; i++) {
      const { socket, first } = await open(server)
      socket.send(JSON.stringify({ token }))
      expect(await first).toBe('ok')
      socket.close()
    }
  })

  it.each(['{}', '{"token":"x"}', 'x', '{"token":1}', JSON.stringify({ token: 'x', more: 1 })])('closes with 4401 after %s', async (message) => {
    const { socket, closed } = await open(await serving())
    socket.send(message)
    expect(await closed).toBe(4401)
  })

  it('closes with 4401 after a binary message, even one that holds a token', async () => {
    const server = await serving()
    const { socket, closed } = await open(server)
    socket.send(Buffer.from(JSON.stringify({ token: await browserToken(server) })))
    expect(await closed).toBe(4401)
  })

  it('does not take a link for a token', async () => {
    const server = await serving()
    const { socket, closed } = await open(server)
    socket.send(JSON.stringify({ token: linkToken(server) }))
    expect(await closed).toBe(4401)
  })

  it('is not opened for another page, another name, or another path', async () => {
    const server = await serving()
    await expect(open(server, { Origin: 'http://evil.example' })).rejects.toThrow('403')
    await expect(open(server, {})).rejects.toThrow('403')
    await expect(open(server, { Origin: own(server), Host: 'evil.example' })).rejects.toThrow('421')
    await expect(open(server, { Origin: own(server) }, '/other')).rejects.toThrow('404')
  })

  it('ends the connection of a message beyond 16 MiB', async () => {
    const server = await serving()
    const { socket, first, closed } = await open(server)
    socket.send(JSON.stringify({ token: await browserToken(server) }))
    await first
    socket.send(Buffer.alloc(16 * 1024 * 1024 + 1))
    expect(await closed).toBe(1009)
  })

  it('ends a connection that floods it', async () => {
    const server = await serving()
    const { socket, first, closed } = await open(server)
    socket.send(JSON.stringify({ token: await browserToken(server) }))
    await first
    const api = clientOver(socket)
    const calls = Array.from({ length: 3000 }, () => api.session.signOut({}))
    expect(await closed).toBe(1008)
    await Promise.allSettled(calls)
  })

  it('ends a connection that speaks something else, and prints nothing of it', async () => {
    const server = await serving()
    const { socket, first, closed } = await open(server)
    const printed = vi.spyOn(console, 'error')
    socket.send(JSON.stringify({ token: await browserToken(server) }))
    await first
    socket.send('hunter2')
    expect(await closed).toBe(1007)
    expect(printed).not.toHaveBeenCalled()
  })

  it('ends with the server', async () => {
    const server = await serving()
    const { socket, first, closed } = await open(server)
    socket.send(JSON.stringify({ token: await browserToken(server) }))
    await first
    await server.close()
    expect([1001, 1006]).toContain(await closed)
  })
})
