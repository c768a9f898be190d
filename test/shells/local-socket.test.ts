import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { openInbox } from '#shells/inbox.ts'
import { sessionFile } from '#shells/local/address.ts'
import { askForLink, connectToOwner } from '#shells/local/connect.ts'
import { listenLocally, type LocalServices, type LocalSocket } from '#shells/local/listen.ts'
import { readOwnerFile } from '#shells/local/owner-file.ts'
import { proof } from '#shells/local/proof.ts'
import { temporaryFolder } from './temporary.ts'

const services: LocalServices = { rpc: () => undefined, link: () => 'http://127.0.0.1:1/#token=x' }

async function listening(home: string, runtime?: string, offered = services): Promise<LocalSocket> {
  const socket = await listenLocally(home, offered, { XDG_RUNTIME_DIR: runtime })
  onTestFinished(() => socket.close())
  return socket
}

/** A client that says what a test wants it to say. */
async function raw(address: string, path = '/rpc', headers: Record<string, string> = {}): Promise<{ socket: WebSocket; next: ReturnType<typeof openInbox>['next']; closed: Promise<number> }> {
  const socket = new WebSocket(`ws://localhost${path}`, { createConnection: () => connect(address), headers })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return { socket, next: openInbox(socket).next, closed }
}

function secretOf(home: string): Uint8Array {
  return readOwnerFile(home)?.secret ?? expect.fail('no owner file')
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

describe('the address of the local socket', () => {
  it('lies in the runtime folder, named by a hash of the home, for this user only', async () => {
    const home = temporaryFolder()
    const runtime = temporaryFolder()
    const { address } = await listening(home, runtime)
    expect(dirname(address)).toBe(join(runtime, 'holdfast'))
    expect(basename(address)).toMatch(/^[0-9a-f]{32}\.sock$/)
    expect(mode(dirname(address))).toBe('700')
    expect(mode(address)).toBe('600')
  })

  it('lies in a new private folder when there is no runtime folder', async () => {
    const { address } = await listening(temporaryFolder())
    expect(basename(dirname(address))).toMatch(/^holdfast-/)
    expect(mode(dirname(address))).toBe('700')
    expect(Buffer.byteLength(address)).toBeLessThanOrEqual(103)
  })

  it('avoids a runtime folder that others may enter', async () => {
    const runtime = temporaryFolder()
    chmodSync(runtime, 0o755)
    const { address } = await listening(temporaryFolder(), runtime)
    expect(address.startsWith(runtime)).toBe(false)
  })

  it('avoids a folder behind a symbolic link', async () => {
    const runtime = temporaryFolder()
    symlinkSync(temporaryFolder(), join(runtime, 'holdfast'))
    const { address } = await listening(temporaryFolder(), runtime)
    expect(address.startsWith(runtime)).toBe(false)
  })

  it('avoids a runtime folder whose path is too long for a socket', async () => {
    const runtime = join(temporaryFolder(), 'x'.repeat(90))
    mkdirSync(runtime, { mode: 0o700 })
    const { address } = await listening(temporaryFolder(), runtime)
    expect(address.startsWith(runtime)).toBe(false)
  })
})

describe('the owner file', () => {
  it('is for this user only and has a new secret at each start', async () => {
    const home = temporaryFolder()
    const first = await listenLocally(home, services, {})
    expect(mode(join(home, 'owner.json'))).toBe('600')
    const before = secretOf(home)
    await first.close()
    await listening(home)
    expect(Buffer.from(secretOf(home)).equals(before)).toBe(false)
  })

  it('goes at a clean stop, with the socket, its temporary folder and the login token', async () => {
    const home = temporaryFolder()
    const socket = await listenLocally(home, services, {})
    writeFileSync(sessionFile(socket.address), 'token')
    await socket.close()
    expect(existsSync(join(home, 'owner.json'))).toBe(false)
    expect(existsSync(dirname(socket.address))).toBe(false)
  })

  it('of a killed owner is no owner, and the next owner clears what it left', async () => {
    const home = temporaryFolder()
    const killed = temporaryFolder()
    const folder = join(killed, 'holdfast-dead')
    mkdirSync(folder, { mode: 0o700 })
    const left = createServer().listen(join(folder, 'left.sock'))
    await new Promise((resolve) => left.once('listening', resolve))
    // Closing would unlink the socket: under another name it stays, as a killed owner's does.
    renameSync(join(folder, 'left.sock'), join(folder, 'owner.sock'))
    await new Promise((resolve) => left.close(resolve))
    writeOwner(home, join(folder, 'owner.sock'))

    expect(await connectToOwner(home, 'test')).toBeUndefined()
    await listening(home)
    expect(existsSync(folder)).toBe(false)
  })

  it('of another form, or that others may read, is no owner', async () => {
    const home = temporaryFolder()
    const { address } = await listening(home)
    const path = join(home, 'owner.json')
    const good = readFileSync(path, 'utf8')
    expect(readOwnerFile(home)).toBeDefined()
    for (const bad of ['', '{', '[]', good.replace('owner/v1', 'owner/v2'), good.replace(/"secret":"...../, '"secret":"'), JSON.stringify({ address })]) {
      writeFileSync(path, bad)
      expect(readOwnerFile(home)).toBeUndefined()
    }
    writeFileSync(path, good)
    chmodSync(path, 0o640)
    expect(readOwnerFile(home)).toBeUndefined()
  })
})

describe('the handshake of the local socket', () => {
  it('lets in who knows the secret', async () => {
    const home = temporaryFolder()
    let agent = ''
    const { address } = await listening(home, undefined, { ...services, rpc: (_socket, who) => (agent = who) })
    const owner = await connectToOwner(home, 'test/1')
    expect(owner?.address).toBe(address)
    expect(agent).toBe('test/1')
    owner?.close()
  })

  it('hands out a link, also right behind its "ok"', async () => {
    const home = temporaryFolder()
    await listening(home)
    expect(await askForLink(home, 'test')).toEqual({ link: 'http://127.0.0.1:1/#token=x' })
  })

  it('says when there is no console to link to', async () => {
    const home = temporaryFolder()
    await listening(home, undefined, { ...services, link: () => undefined })
    expect(await askForLink(home, 'test')).toBe('no console')
  })

  it('refuses a client with another secret', async () => {
    const home = temporaryFolder()
    const { address } = await listening(home)
    const { socket, next, closed } = await raw(address)
    const nonce = Buffer.alloc(32, 1)
    socket.send(nonce)
    const answer = (await next())?.bytes ?? expect.fail('no proof')
    socket.send(proof('client', Buffer.alloc(32, 9), nonce, answer.subarray(0, 32)))
    expect(await closed).toBe(4401)
  })

  it("refuses the owner's own proof sent back, and a proof of another connection", async () => {
    const home = temporaryFolder()
    const { address } = await listening(home)
    const nonce = Buffer.alloc(32, 1)

    const first = await raw(address)
    first.socket.send(nonce)
    const answer = (await first.next())?.bytes ?? expect.fail('no proof')
    first.socket.send(answer.subarray(32))
    expect(await first.closed).toBe(4401)

    const replayed = proof('client', secretOf(home), nonce, answer.subarray(0, 32))
    const second = await raw(address)
    second.socket.send(nonce)
    await second.next()
    second.socket.send(replayed)
    expect(await second.closed).toBe(4401)
  })

  it.each([
    ['a short nonce', Buffer.alloc(31)],
    ['a long nonce', Buffer.alloc(33)],
    ['text', 'x'.repeat(32)],
  ])('refuses %s', async (_what, message) => {
    const { address } = await listening(temporaryFolder())
    const { socket, closed } = await raw(address)
    socket.send(message)
    expect(await closed).toBe(4401)
  })

  it('proves the owner before the client has proven anything, with a new nonce each time', async () => {
    const home = temporaryFolder()
    const { address } = await listening(home)
    const nonce = Buffer.alloc(32, 7)
    const answers = []
    for (let i = 0; i < 2; i++) {
      const { socket, next } = await raw(address)
      socket.send(nonce)
      const answer = (await next())?.bytes ?? expect.fail('no proof')
      expect(answer.subarray(32).equals(proof('server', secretOf(home), nonce, answer.subarray(0, 32)))).toBe(true)
      answers.push(answer.toString('hex'))
      socket.close()
    }
    expect(answers[0]).not.toBe(answers[1])
  })

  it('refuses a web page and an unknown path', async () => {
    const { address } = await listening(temporaryFolder())
    await expect(raw(address, '/rpc', { Origin: 'http://evil.example' })).rejects.toThrow('403')
    await expect(raw(address, '/other')).rejects.toThrow('404')
  })

  it('tells an impostor at the address nothing: it gets a nonce, and no proof', async () => {
    const home = temporaryFolder()
    const folder = temporaryFolder()
    const address = join(folder, 'owner.sock')
    const heard: Buffer[] = []
    const impostor = createServer().listen(address)
    await new Promise((resolve) => impostor.once('listening', resolve))
    const sockets = new WebSocketServer({ server: impostor })
    const left = new Promise<number>((resolve) => {
      sockets.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => {
          heard.push(data)
          socket.send(Buffer.alloc(64, 5))
        })
        socket.on('close', resolve)
      })
    })
    onTestFinished(() => {
      sockets.close()
      impostor.close()
    })
    writeOwner(home, address)

    expect(await connectToOwner(home, 'test')).toBeUndefined()
    expect(await left).toBe(4401)
    expect(heard).toHaveLength(1)
    expect(heard[0]).toHaveLength(32)
  })

  it('does not connect to an address in a folder that others may enter', async () => {
    const home = temporaryFolder()
    const { address } = await listening(home)
    chmodSync(dirname(address), 0o755)
    expect(await connectToOwner(home, 'test')).toBeUndefined()
    chmodSync(dirname(address), 0o700)
    const owner = await connectToOwner(home, 'test')
    expect(owner).toBeDefined()
    owner?.close()
  })
})

function writeOwner(home: string, address: string): void {
  const secret = Buffer.alloc(32, 3).toString('base64')
  writeFileSync(join(home, 'owner.json'), JSON.stringify({ format: 'holdfast/owner/v1', address, secret, pid: 1 }), { mode: 0o600 })
}
