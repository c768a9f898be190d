import { existsSync, readdirSync } from 'node:fs'
import { type ClientRequest, type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAmbient } from '#crypto/ambient.ts'
import { createAdmission, type Admission } from '#shells/serve/admission.ts'
import { type ConsoleServer, serveConsole } from '#shells/serve/console-server.ts'
import { disposition } from '#shells/serve/file-body.ts'
import { createFileTransfers } from '#shells/serve/file-transfers.ts'
import { createHandler } from '#shells/transport.ts'
import type { UploadAnswer } from '#contract/files.ts'
import { WebSocket } from 'ws'
import { clientOver } from '#shells/transport.ts'
import type { Api } from '#contract/contract.ts'
import { fileVault, gate, noise, type FileVault } from '../services/files/file-vault.ts'
import { PASSPHRASE, secret } from '../services/temporary-vault.ts'

let on: FileVault
let server: ConsoleServer
let admission: Admission
let tab: Tab

beforeAll(async () => {
  on = await fileVault()
  const { vault, router } = on.vault.holdfast
  admission = createAdmission(createAmbient())
  const log = (line: string): void => { throw new Error(line) }
  server = await serveConsole({
    pages: { index: undefined, file: () => undefined },
    admission,
    handler: createHandler(router, log),
    files: createFileTransfers({ vault, admission, log }),
    port: 0,
  })
  tab = await openTab()
  await tab.api.session.signIn({ passphrase: secret(PASSPHRASE) })
})

afterAll(async () => {
  await server.close()
  await on[Symbol.asyncDispose]()
})

const CONTENT = noise(3 * 1_048_576 + 11, 5)

describe('a dropped file', () => {
  it('goes up, is encrypted as it arrives, and comes back once', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'Bericht „neu“.pdf', size: CONTENT.length, keyId: 'alias/files', context: { purpose: 'drop' } }), CONTENT)
    expect(up.status).toBe(200)
    const answer = up.json as UploadAnswer
    expect(answer).toMatchObject({ name: 'Bericht „neu“.pdf.holdfast', keyArn: on.keyArn })

    const encrypted = await fetchDownload(answer.download)
    expect(encrypted.status).toBe(200)
    expect(encrypted.headers).toMatchObject({
      'content-length': String(answer.size),
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-disposition': disposition('Bericht „neu“.pdf.holdfast'),
    })
    expect(encrypted.body.length).toBe(answer.size)
    expect((await fetchDownload(answer.download)).status).toBe(404)

    const facts = await tab.api.files.inspect({ head: Uint8Array.from(encrypted.body.subarray(0, 262_160)), size: encrypted.body.length })
    expect(facts).toMatchObject({ context: { purpose: 'drop' }, plaintextLength: CONTENT.length })

    const back = await send(await announce({ purpose: 'decrypt', name: answer.name, size: encrypted.body.length, context: { purpose: 'drop' } }), encrypted.body)
    expect(back.json).toMatchObject({ name: 'Bericht „neu“.pdf', size: CONTENT.length })
    const plain = await fetchDownload((back.json as UploadAnswer).download)
    expect(plain.headers['content-length']).toBe(String(CONTENT.length))
    expect(plain.body.equals(CONTENT)).toBe(true)
    expect(on.contents()).toEqual([])
    expect(spooled()).toEqual([])
  })

  it('may be empty', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'empty', size: 0, keyId: 'alias/files' }), new Uint8Array())
    const encrypted = await fetchDownload((up.json as UploadAnswer).download)
    const back = await send(await announce({ purpose: 'decrypt', name: 'empty.holdfast', size: encrypted.body.length }), encrypted.body)
    expect((await fetchDownload((back.json as UploadAnswer).download)).body.length).toBe(0)
  })

  it('has its key used again when its plaintext goes out, which is recorded', async () => {
    const { body } = await encrypted(CONTENT)
    const from = on.next()
    const back = await send(await announce({ purpose: 'decrypt', name: 'a.holdfast', size: body.length }), body)
    await fetchDownload((back.json as UploadAnswer).download)
    // The download's own record, and perhaps that of the one before, comes behind its last byte; that of the key comes before the first.
    const uses = on.records(from).map((record) => record['eventName']).filter((name) => name !== 'SendDownload')
    expect(uses).toEqual(['PrepareUpload', 'Decrypt', 'ReceiveUpload', 'Decrypt'])
    await expect.poll(() => on.records(from).at(-1)).toMatchObject({ eventName: 'SendDownload', requestParameters: { name: 'a' } })
  })

  it('that was altered is refused whole, before anything of it can be fetched', async () => {
    const { body } = await encrypted(CONTENT)
    body[body.length - 400_000]! ^= 1
    const back = await send(await announce({ purpose: 'decrypt', name: 'a.holdfast', size: body.length }), body)
    expect(back).toMatchObject({ status: 400, json: { error: { code: 'NOT_AUTHENTIC' } } })
  })

  it('that is none of ours is MALFORMED', async () => {
    const back = await send(await announce({ purpose: 'decrypt', name: 'a', size: 1000 }), noise(1000))
    expect(back).toMatchObject({ status: 400, json: { error: { code: 'MALFORMED' } } })
  })

  it('with another context than expected is refused', async () => {
    const { body } = await encrypted(CONTENT)
    const back = await send(await announce({ purpose: 'decrypt', name: 'a', size: body.length, context: { a: 'b' } }), body)
    expect(back).toMatchObject({ status: 400, json: { error: { code: 'CONTEXT_DIFFERS' } } })
  })

  it('under a key that is not there is refused while it is still being sent', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'a', size: CONTENT.length, keyId: 'alias/none' }), CONTENT)
    expect(up).toMatchObject({ status: 400, json: { error: { code: 'NotFoundException' } } })
  })
})

describe('an upload', () => {
  it('works once', async () => {
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    expect((await send(id, noise(3))).status).toBe(200)
    expect(await send(id, noise(3))).toMatchObject({ status: 400, json: { error: { code: 'TRANSFER_ENDED' } } })
  })

  it('is for the session that announced it', async () => {
    const other = await openTab()
    await other.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    expect(await send(id, noise(3), { token: other.token })).toMatchObject({ status: 400, json: { error: { code: 'TRANSFER_ENDED' } } })
  })

  it.each([
    ['no token', { token: '' }, 401],
    ['a token of nobody', { token: 'x'.repeat(43) }, 401],
    ['no Origin', { headers: { Origin: undefined } }, 403],
    ['the Origin of another site', { headers: { Origin: 'http://evil.example' } }, 403],
    ['the Host of another', { headers: { Host: 'evil.example' } }, 421],
  ])('with %s is refused', async (_, change, status) => {
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    expect((await send(id, noise(3), change)).status).toBe(status)
  })

  it('from a tab where nobody is signed in is refused', async () => {
    const other = await openTab()
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    expect((await send(id, noise(3), { token: other.token })).status).toBe(401)
  })

  it('of another length than announced is refused', async () => {
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 4, keyId: 'alias/files' })
    expect(await send(id, noise(3))).toMatchObject({ status: 400, json: { error: { code: 'ValidationException' } } })
  })

  it('that does not say its length is refused', async () => {
    const id = await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    expect(await send(id, noise(3), { headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': undefined } })).toMatchObject({ status: 400, json: { error: { code: 'ValidationException' } } })
  })

  it('to an id of another form is not found', async () => {
    expect((await send('../../etc/passwd', noise(3))).status).toBe(404)
  })

  it('that ends in the middle is cleaned up', async () => {
    const [begun, from] = [gate(), on.next()]
    on.watch = (call) => { if (call === 'spool.write') begun.open() }
    const call = put(await announce({ purpose: 'encrypt', name: 'a', size: 10_000_000, keyId: 'alias/files' }), { 'Content-Length': '10000000' })
    call.on('error', () => undefined)
    call.write(noise(3_000_000))
    await begun.opened
    on.watch = undefined
    call.destroy()
    await expect.poll(() => on.records(from).at(-1)).toMatchObject({ eventName: 'ReceiveUpload', errorCode: 'CANCELLED', requestParameters: { name: 'a', purpose: 'encrypt' } })
    expect(spooled()).toEqual([])
  })

  it('is not read faster than it is written', async () => {
    const [begun, go] = [gate(), gate()]
    let writes = 0
    on.watch = (call) => {
      if (call !== 'spool.write' || ++writes < 2) return undefined
      begun.open()
      return go.opened
    }
    const size = 64_000_000
    const call = put(await announce({ purpose: 'encrypt', name: 'a', size, keyId: 'alias/files' }), { 'Content-Length': String(size) })
    const answered = answerOf(call)
    let sent = 0
    const chunk = Buffer.alloc(1_000_000)
    const more = (): void => {
      while (sent < size) {
        sent += chunk.length
        if (!call.write(chunk)) break
      }
      if (sent < size) call.once('drain', more)
      else call.end()
    }
    more()
    await begun.opened
    // What the kernel's buffers and ours hold is far less than the file; the rest waits at the sender.
    await expect.poll(() => call.writableNeedDrain).toBe(true)
    expect(sent).toBeLessThan(32_000_000)
    go.open()
    on.watch = undefined
    expect((await answered).status).toBe(200)
  })

  it('is one of a bounded number', async () => {
    await using other = await fileVault()
    const announceThere = () => other.api.files.prepareUpload({ purpose: 'decrypt', name: 'a', size: 1 })
    for (let i = 0; i < 32; i++) await announceThere()
    await expect(announceThere()).rejects.toMatchObject({ code: 'LimitExceededException' })
  })

  it('is refused a name with a path in it', async () => {
    await expect(announce({ purpose: 'decrypt', name: '../a', size: 1 })).rejects.toMatchObject({ code: 'ValidationException' })
    await expect(announce({ purpose: 'decrypt', name: 'a\r\nSet-Cookie: x', size: 1 })).rejects.toMatchObject({ code: 'ValidationException' })
  })
})

describe('a download', () => {
  it('may not be asked for by the page of another site', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' }), noise(3))
    const { download } = up.json as UploadAnswer
    expect((await fetchDownload(download, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    expect((await fetchDownload(download, { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
  })

  it('ends with the session', async () => {
    const other = await openTab()
    await other.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const { upload } = await other.api.files.prepareUpload({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' })
    const up = await send(upload, noise(3), { token: other.token })
    await other.api.session.signOut({})
    expect((await fetchDownload((up.json as UploadAnswer).download)).status).toBe(401)
  })

  it('does not answer HEAD, which would spend it', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' }), noise(3))
    const { download } = up.json as UploadAnswer
    expect((await fetchDownload(download, {}, 'HEAD')).status).toBe(404)
    expect((await fetchDownload(download)).status).toBe(200)
  })

  it('is named so that no browser is misled', () => {
    expect(disposition('a"b;c\\d\u{1f511}é.pdf')).toBe(`attachment; filename="a_b_c_d___.pdf"; filename*=UTF-8''a%22b%3Bc%5Cd%F0%9F%94%91%C3%A9.pdf`)
    expect(disposition("it's (1)*!.pdf")).toBe(`attachment; filename="it_s _1___.pdf"; filename*=UTF-8''it%27s%20%281%29%2A%21.pdf`)
    expect(disposition('\ud800')).toBe(`attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`)
  })
})

describe('locking the vault', () => {
  it('ends uploads under way and what waits to be fetched', async () => {
    const up = await send(await announce({ purpose: 'encrypt', name: 'a', size: 3, keyId: 'alias/files' }), noise(3))
    const begun = gate()
    on.watch = (call) => { if (call === 'spool.write') begun.open() }
    const call = put(await announce({ purpose: 'encrypt', name: 'b', size: 10_000_000, keyId: 'alias/files' }), { 'Content-Length': '10000000' })
    const answered = answerOf(call)
    // The rest never comes: what waits for it must not keep the vault from being locked.
    call.write(noise(3_000_000))
    await begun.opened
    on.watch = undefined
    await tab.api.vault.lock({})
    call.end(Buffer.alloc(7_000_000))
    expect(await answered).toMatchObject({ status: 400, json: { error: { code: 'CANCELLED' } } })
    expect((await fetchDownload((up.json as UploadAnswer).download)).status).toBe(400)
    expect(spooled()).toEqual([])
  })
})

interface Tab {
  readonly api: Api
  readonly token: string
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly json: unknown
}

async function openTab(): Promise<Tab> {
  const token = admission.exchange(admission.issueLink())!
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers: { Origin: origin() } })
  await new Promise((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  const ok = new Promise((resolve) => { socket.once('message', resolve) })
  socket.send(JSON.stringify({ token }))
  await ok
  return { token, api: clientOver(socket) }
}

async function announce(file: Parameters<Api['files']['prepareUpload']>[0]): Promise<string> {
  return (await tab.api.files.prepareUpload(file)).upload
}

async function encrypted(content: Uint8Array): Promise<Answer> {
  const up = await send(await announce({ purpose: 'encrypt', name: 'a', size: content.length, keyId: 'alias/files' }), content)
  return fetchDownload((up.json as UploadAnswer).download)
}

interface Change {
  readonly token?: string
  readonly headers?: Record<string, string | undefined>
}

function send(id: string, content: Uint8Array, change: Change = {}): Promise<Answer> {
  const call = put(id, { 'Content-Length': String(content.length), ...change.headers }, change.token)
  const answered = answerOf(call)
  call.end(content)
  return answered
}

function put(id: string, headers: Record<string, string | undefined>, token = tab.token): ClientRequest {
  const all: Record<string, string | undefined> = { Host: `127.0.0.1:${server.port}`, Origin: origin(), Authorization: `Bearer ${token}`, ...headers }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return httpRequest({ host: '127.0.0.1', port: server.port, path: `/files/upload/${id}`, method: 'PUT', headers: given as Record<string, string> })
}

function fetchDownload(id: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const call = httpRequest({ host: '127.0.0.1', port: server.port, path: `/files/download/${id}`, method, headers })
  const answered = answerOf(call)
  call.end()
  return answered
}

function answerOf(call: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(parts)
        const isJson = response.headers['content-type'] === 'application/json'
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, json: isJson ? (JSON.parse(body.toString()) as unknown) : undefined })
      })
    })
  })
}

function origin(): string {
  return `http://127.0.0.1:${server.port}`
}

function spooled(): string[] {
  const folder = join(on.vault.homePath, 'spool')
  return existsSync(folder) ? readdirSync(folder) : []
}
