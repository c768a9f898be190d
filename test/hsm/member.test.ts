import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MemberSession } from '#core/ports/hsm.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { forkHost } from '#hsm/fork.ts'
import type { SpawnHost } from '#hsm/host-process.ts'
import { testOwner } from './owner.ts'
import { softToken, type SoftToken } from './soft-token.ts'

let token: SoftToken

beforeAll(async () => {
  token = await softToken()
})

afterAll(() => token.dispose())

/** A spawner that tells which processes it made. */
function watched(spawn: SpawnHost): { spawnHost: SpawnHost; pids: number[] } {
  const pids: number[] = []
  return {
    pids,
    spawnHost: (environment) => {
      const host = spawn(environment)
      if (host.pid !== undefined) pids.push(host.pid)
      return host
    },
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

describe('a member', () => {
  it('goes from closed over opening to ready, and tells its owner', async () => {
    const owner = testOwner(token.pin)
    const member = token.hsm().member(token.config(), owner)
    expect(member.status).toEqual({ state: 'closed' })
    await expect(member.session.random(1)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await member.open()
    await member.close()
    const states = owner.statuses.map(({ state }) => state)
    expect([...new Set(states)]).toEqual(['opening', 'ready', 'closed'])
  })

  it('opens once for all who ask', async () => {
    const { spawnHost, pids } = watched(token.spawnHost)
    const owner = testOwner(token.pin)
    const member = token.hsm({ spawnHost }).member(token.config(), owner)
    const all = await Promise.all([member.open(), member.open(), member.open()])
    expect(new Set(all.map(({ serial }) => serial))).toEqual(new Set([token.serial]))
    expect(await member.open()).toMatchObject({ serial: token.serial })
    expect(pids).toHaveLength(1)
    expect(owner.reconciled).toHaveLength(1)
    await member.close()
  })

  it('lets its owner use the token while it reconciles, and nobody else', async () => {
    const events: string[] = []
    const ckaId = Buffer.from('reconciled')
    const owner = testOwner(token.pin, async (session: MemberSession) => {
      await session.generateKey({ kind: 'hmac-256', ckaId, label: 'holdfast:test:r' })
      events.push('reconciled')
    })
    const member = token.hsm().member(token.config(), owner)
    const opened = member.open()
    const called = member.session.findKey(ckaId).then((key) => {
      events.push('called')
      return key
    })
    await opened
    expect(await called).toMatchObject({ label: 'holdfast:test:r' })
    expect(events).toEqual(['reconciled', 'called'])
    await member.close()
  })

  it('is not opened when its owner cannot reconcile', async () => {
    let failing = true
    const owner = testOwner(token.pin, () => (failing ? Promise.reject(new VaultError('STORE_FAILED', { reason: 'a test' })) : Promise.resolve()))
    const member = token.hsm({ backoff: { first: 0, most: 0 } }).member(token.config(), owner)
    await expect(member.open()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(member.status).toMatchObject({ state: 'down', failure: { code: 'STORE_FAILED' } })
    failing = false
    expect(await member.session.random(4)).toHaveLength(4)
    await member.close()
  })

  it('ends its process when it is closed, twice if need be, and opens again', async () => {
    const { spawnHost, pids } = watched(token.spawnHost)
    const member = token.hsm({ spawnHost }).member(token.config(), testOwner(token.pin))
    await member.open()
    expect(pids.map(runs)).toEqual([true])
    await Promise.all([member.close(), member.close()])
    await member.close()
    expect(pids.map(runs)).toEqual([false])
    await member.open()
    await member.close()
    expect(pids.map(runs)).toEqual([false, false])
  })

  it('can be closed while it is being opened', async () => {
    const { spawnHost, pids } = watched(token.spawnHost)
    const member = token.hsm({ spawnHost }).member(token.config(), testOwner(token.pin))
    const opening = expect(member.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await member.close()
    await opening
    expect(member.status.state).toBe('closed')

    const again = expect(member.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await expect.poll(() => pids.length).toBe(1)
    await member.close()
    await again
    expect(member.status.state).toBe('closed')
    expect(pids.map(runs)).toEqual([false])
  })

  it('outlives the death of its process between two calls', async () => {
    const { spawnHost, pids } = watched(token.spawnHost)
    const owner = testOwner(token.pin)
    const member = token.hsm({ spawnHost }).member(token.config(), owner)
    await member.open()
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await expect.poll(() => member.status.state).toBe('down')
    expect(await member.session.random(4)).toHaveLength(4)
    expect(pids).toHaveLength(2)
    await member.close()
  })

  it('leaves the signals of its terminal to the owner', async () => {
    const { spawnHost, pids } = watched(token.spawnHost)
    const member = token.hsm({ spawnHost }).member(token.config(), testOwner(token.pin))
    await member.open()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pids[0] ?? 0, signal)
    expect(await member.session.random(4)).toHaveLength(4)
    expect(pids.map(runs)).toEqual([true])
    await member.close()
  })

  it('leaves no process behind when its owner is killed', async () => {
    const script = join(import.meta.dirname, 'owner-process.ts')
    const owner = spawn(process.execPath, [script, token.folder, token.serial, token.pin], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    expect(runs(pid)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false)
  })

  it('is TOKEN_REMOVED where no token has its serial', async () => {
    const member = token.hsm().member({ ...token.config(), serial: '0000000000000000' }, testOwner(token.pin))
    await expect(member.open()).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
    expect(member.status.state).toBe('down')
    await member.close()
  })

  it('refuses a CKA_ID that is taken, as our own mistake', async () => {
    const member = token.hsm().member(token.config(), testOwner(token.pin))
    await member.open()
    const request = { kind: 'aes-256', ckaId: Buffer.from('taken'), label: 'holdfast:test:taken' } as const
    await member.session.generateKey(request)
    await expect(member.session.generateKey(request)).rejects.toThrow(/unreachable/)
    expect(await member.session.findKeys('holdfast:test:taken')).toHaveLength(1)
    await member.close()
  })
})

describe('a host that cannot be believed', () => {
  it.each([
    ['answers with no batch', 'process.on("message", () => process.send("hello"))'],
    ['answers what was not asked', 'process.on("message", () => process.send([[99, 0, null]]))'],
    ['answers in another shape', 'process.on("message", ([[id]]) => process.send([[id, 0, { facts: 1 }]]))'],
    ['refuses in another shape', 'process.on("message", ([[id]]) => process.send([[id, 1, { kind: "toString" }]]))'],
    ['ends at once', 'process.exit(3)'],
  ])('%s: the opening fails', async (_what, code) => {
    const path = join(token.folder, 'host.mjs')
    await writeFile(path, code)
    const member = token.hsm({ spawnHost: forkHost(path) }).member(token.config(), testOwner(token.pin))
    await expect(member.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await member.close()
  })

  it('is not there at all: the opening fails', async () => {
    const member = token.hsm({ spawnHost: forkHost(join(token.folder, 'nothing.mjs')) }).member(token.config(), testOwner(token.pin))
    await expect(member.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await member.close()
  })
})

describe('a module', () => {
  it('that is no file is MODULE_NOT_FOUND', async () => {
    await expect(token.hsm().tokens({ library: '/nowhere/libpkcs11.so' })).rejects.toMatchObject({ code: 'MODULE_NOT_FOUND' })
  })

  it('that is no library is HSM_UNAVAILABLE, with what the loader says', async () => {
    const path = join(token.folder, 'no-library.so')
    await writeFile(path, 'not an ELF file')
    await expect(token.hsm().tokens({ library: path })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE', message: expect.stringContaining('cannot be loaded') as string })
  })

  it('gives each new token its own serial and its label, which may be long or not ASCII', async () => {
    using soPin = Secret.fromText('12345678')
    using pin = Secret.fromText('1234')
    const hsm = token.hsm()
    const made = []
    for (const label of ['Schlüssel', 'a', 'x'.repeat(32)]) made.push(await hsm.initialiseToken(token.module, { label, soPin, pin }))
    expect(made.map(({ label }) => label)).toEqual(['Schlüssel', 'a', 'x'.repeat(32)])
    expect(new Set([token.serial, ...made.map(({ serial }) => serial)]).size).toBe(4)

    const initialised = (await hsm.tokens(token.module)).filter((facts) => facts.initialised)
    expect(initialised).toHaveLength(4)
    const member = hsm.member({ ...token.config(), serial: made[0]?.serial ?? '' }, testOwner('1234'))
    await member.open()
    await member.close()
  })
})
