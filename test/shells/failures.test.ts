import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { implement, ORPCError } from '@orpc/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Api } from '#contract/contract.ts'
import { contract } from '#contract/contract.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { compose } from '#shells/compose.ts'
import { receivedFailure } from '#shells/failures.ts'
import type { Context, HoldfastRouter } from '#shells/router.ts'
import { clientInProcess, clientOver, createHandler } from '#shells/transport.ts'
import { temporaryFolder } from './temporary.ts'

const connection = { via: 'cli', source: 'local', agent: 'test', session: undefined } as const

/** The real router, with procedures in it that fail as a test wants. */
function router(over: Partial<HoldfastRouter['session']> = {}): HoldfastRouter {
  const holdfast = compose({ homePath: temporaryFolder() })
  expect(holdfast.home.acquire()).toBe(true)
  onTestFinished(() => holdfast.close())
  return { ...holdfast.router, session: { ...holdfast.router.session, ...over } }
}

const os = implement(contract).$context<Context>()

async function overSocket(served: HoldfastRouter, log: string[]): Promise<Api> {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const sockets = new WebSocketServer({ server: http })
  const handler = createHandler(served, (line) => log.push(line))
  sockets.on('connection', (socket) => handler.serve(socket, { ...connection }))
  const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  await once(socket, 'open')
  onTestFinished(() => {
    socket.terminate()
    sockets.close()
    http.close()
  })
  return clientOver(socket)
}

async function refusal(call: Promise<unknown>): Promise<NonNullable<ReturnType<typeof receivedFailure>>> {
  const error: unknown = await call.then(
    () => expect.fail('it was not refused'),
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(ORPCError)
  expect(error).toHaveProperty('defined', true)
  return receivedFailure(error) ?? expect.fail('it is no declared failure')
}

describe.each(['in process', 'over a WebSocket'] as const)('a failure %s', (way) => {
  async function client(served: HoldfastRouter, log: string[] = []): Promise<Api> {
    return way === 'in process' ? clientInProcess(served, { ...connection }, (line) => log.push(line)) : overSocket(served, log)
  }

  it('of the vault keeps its code, its text and its advice', async () => {
    const api = await client(router())
    expect(await refusal(api.kms.ListKeys({}))).toEqual({
      code: 'VAULT_NOT_INITIALISED',
      text: 'There is no vault here yet.',
      advice: 'Create one with `init`, or in the console.',
      details: {},
    })
  })

  it('keeps its details', async () => {
    const fail = os.session.signIn.handler(() => {
      throw new VaultError('PASSPHRASE_INCORRECT', { waitSeconds: 4 })
    })
    const api = await client(router({ signIn: fail }))
    const failure = await refusal(api.session.signIn({ passphrase: new Uint8Array(4) }))
    expect(failure.code).toBe('PASSPHRASE_INCORRECT')
    expect(failure.details).toEqual({ waitSeconds: 4 })
  })

  it('of input names the member and never the value', async () => {
    const api = await client(router())
    const call = api.kms.Encrypt as (input: unknown) => Promise<unknown>
    const missing = await refusal(call({ KeyId: 'alias/a' }))
    expect(missing.code).toBe('ValidationException')
    expect(missing.text).toBe("1 validation error detected: Value null at 'plaintext' failed to satisfy constraint: Member must not be null")

    const wrong = await refusal(call({ KeyId: 7654321, Plaintext: 'c2VjcmV0', EncryptionContext: { hidden: 42 } }))
    expect(wrong.text).toContain("3 validation errors detected: Value at 'keyId'")
    expect(wrong.text).toContain("Value at 'encryptionContext' failed to satisfy constraint: Member must be a string")
    for (const input of ['7654321', 'c2VjcmV0', 'hidden', '42']) expect(wrong.text).not.toContain(input)

    const nested = await refusal((api.kms.CreateKey as (input: unknown) => Promise<unknown>)({ Tags: [{ TagKey: 'a', TagValue: 'b' }, { TagKey: 'a' }] }))
    expect(nested.text).toContain("Value null at 'tags.2.member.tagValue'")
  })

  it('that nobody declared is INTERNAL, and the log has its stack under the same incident without its message', async () => {
    const log: string[] = []
    const fail = os.session.signIn.handler(() => JSON.parse('hunter2') as never)
    const api = await client(router({ signIn: fail }), log)
    const failure = await refusal(api.session.signIn({ passphrase: new Uint8Array(4) }))
    expect(failure.code).toBe('INTERNAL')
    expect(log).toHaveLength(1)
    expect(log[0]).toMatch(/^level=error incident=[0-9a-f-]{36} error=SyntaxError at=".*failures\.test\.ts/)
    expect(log[0]).toContain(String(failure.details['incident']))
    expect(log[0]).not.toContain('hunter2')
    expect(JSON.stringify(failure)).not.toContain('hunter2')
  })

  it('of our own answer is INTERNAL too', async () => {
    const log: string[] = []
    const fail = os.session.issue.handler(() => ({ token: 'no bytes', expiresAt: 0 }) as never)
    const api = await client(router({ issue: fail }), log)
    expect((await refusal(api.session.issue({}))).code).toBe('INTERNAL')
    expect(log).toHaveLength(1)
  })

  it('carries bytes unchanged when there is none', async () => {
    const echo = os.session.issue.handler(() => ({ token: Uint8Array.of(0, 1, 254, 255), expiresAt: new Date(5) }))
    const api = await client(router({ issue: echo }))
    const { token, expiresAt } = await api.session.issue({})
    expect([...token]).toEqual([0, 1, 254, 255])
    expect(expiresAt.getTime()).toBe(5)
  })
})

describe('a WebSocket', () => {
  it('that is lost says so', async () => {
    const http = createServer().listen(0, '127.0.0.1')
    await once(http, 'listening')
    const sockets = new WebSocketServer({ server: http })
    sockets.on('connection', (socket) => socket.on('message', () => socket.terminate()))
    const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
    await once(socket, 'open')
    onTestFinished(() => {
      sockets.close()
      http.close()
    })
    const error: unknown = await clientOver(socket).vault.status({}).catch((failure: unknown) => failure)
    expect(receivedFailure(error)?.code).toBe('CONNECTION_LOST')
  })
})
