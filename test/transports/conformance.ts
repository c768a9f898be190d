import { ORPCError } from '@orpc/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Api } from '#contract/contract.ts'
import { utf8 } from '#core/vocabulary/bytes.ts'
import { receivedFailure } from '#shells/failures.ts'

// What every transport of the contract must do alike, whatever carries it. Run on WebSockets and on ports, in Node and in Electron.

/** One line to an owner. */
export interface Line {
  readonly api: Api
  /** Sends a message past the client. */
  send(message: string): Promise<void>
  /** Resolves when the line has ended, whoever ended it. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

/** A real owner of a new home, and how to reach it. */
export interface Transport {
  connect(): Promise<Line>
  close(): Promise<void>
}

const PASSPHRASE = 'orbit lantern meadow copper'

export function describeTransport(name: string, open: () => Promise<Transport>): void {
  describe(name, () => {
    let transport: Transport
    let line: Line

    beforeAll(async () => {
      transport = await open()
      line = await transport.connect()
    })

    afterAll(async () => {
      await transport.close()
    })

    it('answers a call', async () => {
      expect(await line.api.vault.status({})).toMatchObject({ state: 'none', hasRecovery: false })
    })

    it('brings a declared failure with its code, sentence, advice and details', async () => {
      const error = await failureOf(line.api.vault.initialise({ passphrase: utf8('short') }))
      expect(receivedFailure(error)).toEqual({ code: 'PASSPHRASE_TOO_SHORT', text: 'A passphrase needs at least 12 characters.', advice: expect.any(String), details: { minimum: 12 } })
    })

    it('refuses what does not fit the schema, in the words of AWS and without the value', async () => {
      const error = await failureOf(line.api.kms.ListKeys({ Limit: 'a secret' as unknown as number }))
      expect(receivedFailure(error)).toMatchObject({
        code: 'ValidationException',
        text: "1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must be an integer in the declared range",
      })
    })

    it('knows no operation but the declared ones', async () => {
      const { kms } = line.api as unknown as { kms: Record<string, (input: object) => Promise<unknown>> }
      expect(await failureOf(kms['GiveMeEverything']?.({}) ?? Promise.resolve())).toMatchObject({ code: 'NOT_FOUND' })
    })

    it('refuses who has proven nothing', async () => {
      await line.api.vault.initialise({ passphrase: utf8(PASSPHRASE) })
      await line.api.session.signOut({})
      expect(receivedFailure(await failureOf(line.api.kms.ListKeys({})))).toMatchObject({ code: 'NOT_SIGNED_IN' })
    })

    it('carries bytes, dates, numbers and maps as what they are', async () => {
      await line.api.session.signIn({ passphrase: utf8(PASSPHRASE) })
      const { KeyMetadata } = await line.api.kms.CreateKey({ Description: 'of the suite' })
      expect(KeyMetadata.CreationDate).toBeInstanceOf(Date)
      expect(Date.now() - KeyMetadata.CreationDate.getTime()).toBeLessThan(60_000)
      const Plaintext = Uint8Array.from({ length: 4096 }, (_, index) => index % 256)
      const sealed = await line.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext, EncryptionContext: { 'ключ': 'żółć', tenant: 'acme' } })
      expect(sealed.CiphertextBlob).toBeInstanceOf(Uint8Array)
      const opened = await line.api.kms.Decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { tenant: 'acme', 'ключ': 'żółć' } })
      expect(Buffer.from(opened.Plaintext).equals(Plaintext)).toBe(true)
    })

    it('answers calls side by side, each its own caller', async () => {
      const { KeyMetadata } = await line.api.kms.CreateKey({})
      const texts = Array.from({ length: 64 }, (_, index) => `text ${index}`)
      const sealed = await Promise.all(texts.map((text) => line.api.kms.Encrypt({ KeyId: KeyMetadata.KeyId, Plaintext: utf8(text) })))
      const opened = await Promise.all(sealed.map(({ CiphertextBlob }) => line.api.kms.Decrypt({ CiphertextBlob })))
      expect(opened.map(({ Plaintext }) => Buffer.from(Plaintext).toString())).toEqual(texts)
    })

    it('streams the status now and after each change', async () => {
      const stop = new AbortController()
      const principals: (string | undefined)[] = []
      for await (const { principal } of await line.api.vault.watch({}, { signal: stop.signal })) {
        principals.push(principal?.type)
        if (principals.length === 1) await line.api.session.signOut({})
        if (principal === undefined) break
      }
      stop.abort()
      expect(principals[0]).toBe('Root')
      expect(principals.at(-1)).toBeUndefined()
    })

    it('ends a stream that its reader has cancelled, and goes on', async () => {
      const stop = new AbortController()
      const events = await line.api.vault.watch({}, { signal: stop.signal })
      expect((await events.next()).value).toMatchObject({ state: 'unlocked' })
      const next = events.next()
      stop.abort()
      await expect(next).rejects.toMatchObject({ name: 'AbortError' })
      expect((await line.api.vault.status({})).state).toBe('unlocked')
    })

    it('keeps who is signed in to the line that proved it', async () => {
      await line.api.session.signIn({ passphrase: utf8(PASSPHRASE) })
      expect((await line.api.vault.status({})).principal).toMatchObject({ type: 'Root' })
      line = await transport.connect()
      const status = await line.api.vault.status({})
      expect(status).toMatchObject({ state: 'unlocked' })
      expect(status.principal).toBeUndefined()
    })

    it('ends the line over what is no message of the contract, and the owner lives', async () => {
      await line.send('{"this is": no JSON')
      await line.ended
      line = await transport.connect()
      expect((await line.api.vault.status({})).state).toBe('unlocked')
    })

    it('fails what is under way when the line ends, as no answer of the owner', async () => {
      const events = await line.api.vault.watch({})
      await events.next()
      const next = failureOf(events.next())
      await line.close()
      expect(await next).not.toBeInstanceOf(ORPCError)
    })
  })
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(() => expect.unreachable('it succeeded'), (error: unknown) => error)
}
