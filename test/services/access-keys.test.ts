import aws4 from 'aws4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { readClaim } from '#core/sigv4/claim.ts'
import type { ReceivedRequest } from '#core/sigv4/request.ts'
import type { AccessKeyId, AccountId, Region } from '#core/vocabulary/ids.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { createSigningKeys } from '#services/access-keys/signing-keys.ts'
import { createSessions, type Connection, type Signer } from '#services/sessions.ts'
import { movableClocks } from './clocks.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome } from './watched-ports.ts'

const clocks = movableClocks(Date.UTC(2026, 10, 25, 4, 30))
let vault: TemporaryVault
let store: Store

beforeAll(async () => {
  vault = await temporaryVault({ ambient: clocks, home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
})

afterAll(() => vault[Symbol.asyncDispose]())

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

async function newKey(): Promise<Key> {
  const { accessKeyId, secretAccessKey } = await vault.api.accessKeys.create({})
  return { accessKeyId, secretAccessKey: text(secretAccessKey!) }
}

/** As it would arrive, signed for the clock's day. */
function signed(credentials: Key, region = 'lab'): ReceivedRequest {
  const date = new Date(clocks.now()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const { headers } = aws4.sign({ service: 'kms', region, method: 'POST', path: '/', host: 'x', body: '{}', headers: { 'X-Amz-Date': date } }, credentials)
  return { method: 'POST', path: '/', query: '', headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as const), body: bytes('{}') }
}

function authenticated(request: ReceivedRequest): Connection {
  const connection: Connection = { via: 'endpoint', source: '127.0.0.1', agent: 'test', session: undefined }
  vault.holdfast.vault.authenticate(connection, request, 'kms')
  return connection
}

describe('an access key', () => {
  it('signs its principal in for one request, in the Region that it was signed for', async () => {
    await vault.api.accounts.addRegion({ region: 'eu-central-1' })
    const key = await newKey()
    expect(authenticated(signed(key, 'eu-central-1')).session).toMatchObject({
      principal: { type: 'Root', arn: 'arn:aws:iam::441722089135:root', account: '441722089135' },
      signed: { region: 'eu-central-1', accessKeyId: key.accessKeyId },
    })
  })

  it('is worth nothing once disabled, and again what it was once enabled', async () => {
    const key = await newKey()
    authenticated(signed(key))
    await vault.api.accessKeys.update({ accessKeyId: key.accessKeyId, active: false })
    expect(() => authenticated(signed(key))).toThrow(expect.objectContaining({ code: 'UnrecognizedClientException' }))
    await vault.api.accessKeys.update({ accessKeyId: key.accessKeyId, active: true })
    authenticated(signed(key))
  })

  it('that replaces a deleted one of the same id does not inherit what that one signed', async () => {
    const old = { accessKeyId: 'TAKENOVER', secretAccessKey: 'the secret of the first' }
    const next = { ...old, secretAccessKey: 'the secret of the second'.replaceAll(' ', '_') }
    const take = (key: Key) => vault.api.accessKeys.create({ accessKeyId: key.accessKeyId, secretAccessKey: bytes(key.secretAccessKey.replaceAll(' ', '_')) })
    const first = { ...old, secretAccessKey: old.secretAccessKey.replaceAll(' ', '_') }
    await take(first)
    authenticated(signed(first))
    await vault.api.accessKeys.delete({ accessKeyId: 'TAKENOVER' })
    await take(next)
    expect(() => authenticated(signed(first))).toThrow(expect.objectContaining({ code: 'InvalidSignatureException' }))
    authenticated(signed(next))
  })

  it('keeps its secret out of every record and every list', async () => {
    const key = await newKey()
    const trail = Buffer.concat(store.read((tables) => tables.audit.page(0, 10_000)).map(({ leaf }) => leaf)).toString()
    expect(trail).toContain(key.accessKeyId)
    expect(trail).not.toContain(key.secretAccessKey)
    expect(JSON.stringify(await vault.api.accessKeys.list({}))).not.toContain(key.secretAccessKey)
  })

  it('notes its last use to the minute', async () => {
    const key = await newKey()
    const use = async (): Promise<number | undefined> => {
      await vault.holdfast.vault.call(authenticated(signed(key)), (all) => all.listKeys, {})
      const { accessKeys } = await vault.api.accessKeys.list({})
      return accessKeys.find(({ accessKeyId }) => accessKeyId === key.accessKeyId)?.usedAt?.getTime()
    }
    const first = clocks.now()
    expect(await use()).toBe(first)
    clocks.pass(59_000)
    expect(await use()).toBe(first)
    clocks.pass(1_000)
    expect(await use()).toBe(first + 60_000)
  })

  it.each([
    [{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, /both its id and its secret/],
    [{ secretAccessKey: bytes('x'.repeat(40)) }, /both its id and its secret/],
    [{ accessKeyId: 'a b', secretAccessKey: bytes('x'.repeat(40)) }, /letters, digits and underscores/],
    [{ accessKeyId: 'abcd', secretAccessKey: bytes('x'.repeat(15)) }, /16 to 128/],
    [{ accessKeyId: 'abcd', secretAccessKey: bytes('x'.repeat(129)) }, /16 to 128/],
    [{ accessKeyId: 'abcd', secretAccessKey: bytes('with a space in it') }, /without spaces/],
    [{ principal: 'arn:aws:iam::441722089135:group/g' }, /ARN of a root, a user or a role/],
  ])('is not made of what nobody could sign with: %o', async (input, text) => {
    await expect(vault.api.accessKeys.create(input)).rejects.toMatchObject({ code: 'ValidationException', message: expect.stringMatching(text) as string })
  })

  it("of another account's root manages nothing here", async () => {
    await vault.api.accounts.create({ account: '444455556666' })
    const made = await vault.api.accessKeys.create({ principal: 'arn:aws:iam::444455556666:root' })
    const connection = authenticated(signed({ accessKeyId: made.accessKeyId, secretAccessKey: text(made.secretAccessKey!) }))
    await expect(vault.holdfast.vault.call(connection, (all) => all.listAccessKeys, {})).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(vault.holdfast.vault.call(connection, (all) => all.createAccount, {})).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe('a day of signing', () => {
  it('keeps its derived key only after it verified something, and wipes it when it is forgotten', async () => {
    const { accessKeyId } = await newKey()
    const id = accessKeyId as AccessKeyId
    const keys = createSigningKeys(createCrypto(), store)
    const claim = readClaim(signed({ accessKeyId, secretAccessKey: '' }))
    const signer: Signer = { principal: { type: 'Root', arn: 'arn:aws:iam::441722089135:root', account: '441722089135' as AccountId }, region: 'lab' as Region, accessKeyId: id }
    const lent: Uint8Array[] = []
    let found = 0
    const find = (): Signer => {
      found += 1
      return signer
    }
    const lend = (): void => { expect(keys.use(claim, find, (key) => lent.push(key))).toBe(signer) }
    expect(() => { keys.use(claim, find, (key) => { lent.push(key); throw new Error('no') }) }).toThrow('no')
    expect(lent.pop()).toEqual(new Uint8Array(32))
    lend()
    lend()
    expect(lent[0]).toBe(lent[1])
    expect(found).toBe(2)
    expect(lent[0]?.some((byte) => byte !== 0)).toBe(true)
    keys.forgetAll()
    expect(lent[0]).toEqual(new Uint8Array(32))
    lend()
    keys.forget(id)
    expect(lent[2]).toEqual(new Uint8Array(32))
  })

  it('does not outlive the lock', async () => {
    const key = await newKey()
    const request = signed(key)
    authenticated(request)
    await vault.api.vault.lock({})
    expect(() => authenticated(request)).toThrow(expect.objectContaining({ code: 'VAULT_LOCKED' }))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    authenticated(request)
  })
})

describe('the session of a signed request', () => {
  it('cannot be resumed, and hands out no lasting one', () => {
    const sessions = createSessions(clocks, createCrypto())
    const connection: Connection = { via: 'endpoint', source: 'x', agent: 'x', session: undefined }
    sessions.openSigned(connection, { principal: { type: 'Root', arn: 'arn:aws:iam::441722089135:root', account: '441722089135' as AccountId }, region: 'lab' as Region, accessKeyId: 'AKIA' as AccessKeyId })
    expect(connection.session?.tokenHash).toBeUndefined()
    expect(() => sessions.issue(connection)).toThrow(expect.objectContaining({ code: 'NOT_SIGNED_IN' }))
  })
})
