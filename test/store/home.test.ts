import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHome } from '#store/home.ts'
import { databaseKey, homeWithVault, keyslotBytes, temporaryFolder } from './home-folder.ts'
import { startChild } from './shim.ts'

let folder: ReturnType<typeof temporaryFolder>
let path = ''
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'home')
})
afterEach(() => { folder.remove() })

describe('the owner\'s lock', () => {
  it('is had by one process at a time, and by one home of a process', async () => {
    const [first, second] = [createHome(path), createHome(path)]
    expect([first.acquire(), first.acquire(), second.acquire()]).toEqual([true, true, false])
    expect(await whatChildSays()).toBe(false)
    first.release()
    first.release()
    expect(await whatChildSays()).toBe(true)
    expect(second.acquire()).toBe(true)
    second.release()
  })

  it('is dropped by the kernel when its process is killed', async () => {
    const child = startChild('own', path)
    const [line] = await lines(child)
    expect(line).toBe('true')
    const home = createHome(path)
    expect(home.acquire()).toBe(false)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(home.acquire()).toBe(true)
    expect(readdirSync(path)).toEqual(['owner.lock'])
    home.release()
  })

  it('lets the vault be read, but not opened or changed, without it', async () => {
    (await homeWithVault(path)).release()
    const home = createHome(path)
    expect(home.state()).toBe('present')
    expect(home.readKeyslots()).toEqual(keyslotBytes)
    for (const act of [() => home.openStore(databaseKey), () => home.stage(), () => { home.replaceKeyslots(keyslotBytes) }]) {
      expect(act).toThrow(/does not own/)
    }
  })

  async function whatChildSays(): Promise<unknown> {
    const child = startChild('own', path)
    const [line] = await lines(child)
    child.stdin.end()
    await new Promise((resolve) => child.once('exit', resolve))
    return JSON.parse(line ?? '')
  }

  async function lines(child: ReturnType<typeof startChild>): Promise<string[]> {
    for await (const line of createInterface(child.stdout)) return [line]
    return []
  }
})

describe('a new vault', () => {
  it('does not exist before its one rename', async () => {
    const home = createHome(path)
    home.acquire()
    expect(home.state()).toBe('none')
    expect(() => home.readKeyslots()).toThrow(expect.objectContaining({ code: 'VAULT_NOT_INITIALISED' }))
    expect(() => home.openStore(databaseKey)).toThrow(expect.objectContaining({ code: 'VAULT_NOT_INITIALISED' }))
    const staged = home.stage()
    const store = staged.createStore(databaseKey)
    expect(() => { staged.commit(keyslotBytes) }).toThrow(/closed store/)
    await store.close()
    mkdirSync(staged.tokenDirectory)
    writeFileSync(join(staged.tokenDirectory, 'object'), 'token')
    expect(home.state()).toBe('none')
    staged.commit(keyslotBytes)
    expect(home.state()).toBe('present')
    expect(readFileSync(join(home.tokenDirectory, 'object'), 'utf8')).toBe('token')
    expect(() => home.stage()).toThrow(expect.objectContaining({ code: 'VAULT_ALREADY_INITIALISED' }))
    home.release()
  })

  it('leaves nothing behind when it is discarded', async () => {
    const home = createHome(path)
    home.acquire()
    const staged = home.stage()
    await staged.createStore(databaseKey).close()
    staged.discard()
    expect([home.state(), readdirSync(path)]).toEqual(['none', ['owner.lock']])
    home.release()
  })

  it('is readable by its owner only, whatever the umask and the folder were before', async () => {
    mkdirSync(path, { mode: 0o777 })
    chmodSync(path, 0o777)
    const before = process.umask(0)
    try {
      const home = await homeWithVault(path)
      home.appendPendingEvent('{}')
      home.putTokenSerials(['b', 'a'])
      const store = home.openStore(databaseKey) ?? expect.unreachable()
      await store.write(({ audit }) => { audit.append(0, Uint8Array.of(1)) })
      const modes = everything(path).map((each) => `${each.slice(path.length)} ${(statSync(each).mode & 0o777).toString(8)}`)
      expect(modes).toEqual([
        ' 700', '/owner.lock 600', '/pending-events 600', '/tokens.json 600', '/vault 700',
        '/vault/keyslots.json 600', '/vault/vault.db 600', '/vault/vault.db-shm 600', '/vault/vault.db-wal 600',
      ])
      await store.close()
      home.release()
    } finally {
      process.umask(before)
    }
  })

  function everything(at: string): string[] {
    if (!statSync(at).isDirectory()) return [at]
    return [at, ...readdirSync(at).sort().flatMap((name) => everything(join(at, name)))]
  }
})

it('puts the serials of tokens in the clear, in one form', () => {
  const home = createHome(path)
  home.acquire()
  home.putTokenSerials(['b', 'a'])
  expect(readFileSync(join(path, 'tokens.json'), 'utf8')).toBe('{"format":1,"serials":["a","b"]}\n')
  home.release()
})

describe('pending events', () => {
  it('are kept in order, also across processes, until they are cleared', () => {
    const home = createHome(path)
    home.acquire()
    expect(home.pendingEvents()).toEqual([])
    home.appendPendingEvent('{"n":1}')
    home.appendPendingEvent('{"n":"ü"}')
    expect(createHome(path).pendingEvents()).toEqual(['{"n":1}', '{"n":"ü"}'])
    home.clearPendingEvents()
    home.clearPendingEvents()
    expect([home.pendingEvents(), existsSync(join(path, 'pending-events'))]).toEqual([[], false])
    home.release()
  })

  it('lose a line that a crash cut, and nothing else', () => {
    const home = createHome(path)
    home.acquire()
    home.appendPendingEvent('{"n":1}')
    appendFileSync(join(path, 'pending-events'), '{"n":')
    expect(home.pendingEvents()).toEqual(['{"n":1}'])
    home.appendPendingEvent('{"n":2}')
    expect(home.pendingEvents()).toEqual(['{"n":1}', '{"n":2}'])
    home.release()
  })

  it('stay below 1 MiB: the oldest make way, and the first line counts them', () => {
    const home = createHome(path)
    home.acquire()
    const line = (n: number): string => JSON.stringify({ n, text: 'x'.repeat(4000) })
    for (let n = 0; n < 600; n++) {
      home.appendPendingEvent(line(n))
      expect(statSync(join(path, 'pending-events')).size).toBeLessThanOrEqual(1_048_576)
    }
    const [first, ...rest] = home.pendingEvents()
    expect(first).toBe(`{"dropped":${600 - rest.length}}`)
    expect(rest).toEqual(Array.from({ length: rest.length }, (_, i) => line(600 - rest.length + i)))
    expect(rest.length).toBeGreaterThan(150)
    home.release()
  })
})
