import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { bytes, PASSPHRASE, secret, temporaryHome, temporaryVault, vaultAt } from './temporary-vault.ts'
import { watchedHome } from './watched-ports.ts'

let folder: string
let pristine: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-unlock-'))
  pristine = join(folder, 'pristine')
  const vault = await temporaryVault()
  await vault.api.kms.CreateKey({})
  await vault.holdfast.close()
  cpSync(vault.homePath, pristine, { recursive: true })
  await vault[Symbol.asyncDispose]()
})

afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe('a new vault', () => {
  it('signs its maker in, with the account and Region asked for', async () => {
    await using vault = temporaryHome()
    expect((await vault.api.vault.status({})).state).toBe('none')
    await expect(vault.api.kms.ListKeys({})).rejects.toMatchObject({ code: 'VAULT_NOT_INITIALISED' })
    const made = await vault.api.vault.initialise({ passphrase: secret(PASSPHRASE), account: '000000000042', region: 'eu-central-1', name: 'Lab vault' })
    expect(made).toEqual({ account: '000000000042', region: 'eu-central-1' })
    expect(await vault.api.vault.status({})).toMatchObject({ state: 'unlocked', name: 'Lab vault', account: '000000000042', principal: { arn: 'arn:aws:iam::000000000042:root' } })
    await expect(vault.api.vault.initialise({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'VAULT_ALREADY_INITIALISED' })
  })

  it.each([
    [{ passphrase: 'short' }, 'PASSPHRASE_TOO_SHORT'],
    [{ passphrase: PASSPHRASE, account: '12' }, 'ValidationException'],
    [{ passphrase: PASSPHRASE, region: 'Not A Region' }, 'ValidationException'],
  ])('is not made of %o', async ({ passphrase, ...rest }, code) => {
    await using vault = temporaryHome()
    await expect(vault.api.vault.initialise({ passphrase: secret(passphrase), ...rest })).rejects.toMatchObject({ code })
    expect((await vault.api.vault.status({})).state).toBe('none')
  })

  it('counts characters, not bytes', async () => {
    await using vault = temporaryHome()
    await expect(vault.api.vault.initialise({ passphrase: secret('ключключклю') })).rejects.toMatchObject({ code: 'PASSPHRASE_TOO_SHORT' })
    await vault.api.vault.initialise({ passphrase: secret('ключключключ') })
  })

  it('keeps everything of its home for its owner alone', async () => {
    await using vault = await temporaryVault()
    const open = (path: string): string[] => readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const inner = join(path, entry.name)
      return [...((statSync(inner).mode & 0o077) === 0 ? [] : [inner]), ...(entry.isDirectory() ? open(inner) : [])]
    })
    expect(open(vault.homePath)).toEqual([])
  })
})

describe('a wrong passphrase', () => {
  it('is refused, makes the next one wait, and enters the trail at the next unlock', async () => {
    let store: Store | undefined
    await using vault = vaultAt(copyOf('wrong'), { home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    const waits: number[] = []
    for (let i = 0; i < 3; i++) {
      const refused = vault.api.session.signIn({ passphrase: secret('wrong horse battery') })
      await expect(refused).rejects.toMatchObject({ code: 'PASSPHRASE_INCORRECT' })
      const { nextTryAt } = await vault.api.vault.status({})
      waits.push((nextTryAt?.getTime() ?? 0) - Date.now())
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits[2]).toBeGreaterThan(1_000)
    expect((await vault.api.vault.status({})).state).toBe('locked')
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    expect((await vault.api.vault.status({})).nextTryAt).toBeUndefined()
    const pending = records(store).filter((record) => record['eventName'] === 'PendingEvent')
    expect(pending).toHaveLength(3)
    expect(pending[0]).toMatchObject({ userIdentity: { type: 'Unauthenticated' }, errorCode: 'PASSPHRASE_INCORRECT', requestParameters: { event: 'FailedUnlock' } })
  }, 30_000)

  it('makes the next process wait too', async () => {
    const home = copyOf('wait')
    {
      await using vault = vaultAt(home)
      await expect(vault.api.session.signIn({ passphrase: secret('wrong horse battery') })).rejects.toThrow()
    }
    await using vault = vaultAt(home)
    expect((await vault.api.vault.status({})).nextTryAt).toBeInstanceOf(Date)
  })
})

describe('damage', () => {
  it.each([
    ['keyslots.json', 40],
    ['keyslots.json', 600],
    ['vault.db', 30],
  ])('of %s at byte %i is told, opens nothing and changes nothing', async (file, at) => {
    const home = copyOf(`damage-${file}-${at}`)
    const path = join(home, 'vault', file)
    const damaged = readFileSync(path)
    damaged[at] = (damaged[at] ?? 0) ^ 0x55
    writeFileSync(path, damaged)
    await using vault = vaultAt(home)
    await expect(vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'VAULT_DAMAGED', details: { file } })
    expect(readFileSync(path)).toEqual(damaged)
    expect((await vault.api.vault.status({})).state).toBe('locked')
  })

  it('is told where half of the vault is missing', async () => {
    const home = copyOf('half')
    rmSync(join(home, 'vault', 'keyslots.json'))
    await using vault = vaultAt(home)
    await expect(vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'VAULT_DAMAGED' })
    await expect(vault.api.vault.initialise({ passphrase: secret(PASSPHRASE) })).rejects.toMatchObject({ code: 'VAULT_DAMAGED' })
  })
})

describe('locking', () => {
  it('ends everybody\'s sessions, and says why and when', async () => {
    await using vault = vaultAt(copyOf('lock'))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const other = vault.connect()
    await other.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    await vault.api.vault.lock({})
    await expect(other.api.kms.ListKeys({})).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
    expect(await other.api.vault.status({})).toMatchObject({ state: 'locked', locked: { because: 'request' } })
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    await expect(other.api.kms.ListKeys({})).rejects.toMatchObject({ code: 'SESSION_ENDED' })
  })

  it('needs somebody signed in', async () => {
    await using vault = vaultAt(copyOf('lock-refused'))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    await expect(vault.connect().api.vault.lock({})).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })

  it('fails the calls under way, records them, and loses no answer that was given', async () => {
    let store: Store | undefined
    await using vault = vaultAt(copyOf('lock-busy'), { home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const [key] = (await vault.api.kms.ListKeys({})).Keys
    const calls = Array.from({ length: 50 }, () => vault.api.kms.Encrypt({ KeyId: key?.KeyId ?? '', Plaintext: bytes('x') }))
    const results = await Promise.allSettled([...calls, vault.api.vault.lock({})])
    const answered = results.slice(0, 50).filter((result) => result.status === 'fulfilled').length
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const recorded = records(store).filter((record) => record['eventName'] === 'Encrypt')
    expect(recorded.filter((record) => record['errorCode'] === undefined)).toHaveLength(answered)
  })
})

describe('sessions', () => {
  it('can be resumed by their token on another connection, until they are signed out', async () => {
    await using vault = vaultAt(copyOf('sessions'))
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const { token, expiresAt } = await vault.api.session.issue({})
    expect(token).toHaveLength(32)
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(12 * 3_600_000)
    const other = vault.connect()
    await other.api.session.resume({ token: Uint8Array.from(token) })
    await other.api.kms.ListKeys({})
    await other.api.session.signOut({})
    await expect(vault.connect().api.session.resume({ token: Uint8Array.from(token) })).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    // Signing out the login leaves the connection that asked for it signed in.
    await vault.api.kms.ListKeys({})
  })

  it('count strangers per source and minute in one record', async () => {
    let store: Store | undefined
    await using vault = vaultAt(copyOf('strangers'), { home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const stranger = vault.connect()
    for (let i = 0; i < 10; i++) await expect(stranger.api.kms.ListKeys({})).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await vault.api.vault.lock({})
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const counts = records(store).filter((record) => record['eventName'] === 'UnauthenticatedCalls').map((record) => (record['requestParameters'] as { count: number }).count)
    expect(counts.reduce((a, b) => a + b)).toBe(10)
    expect(counts.length).toBeLessThanOrEqual(2)
  })
})

function records(store: Store | undefined): Record<string, unknown>[] {
  const leaves = store?.read((tables) => tables.audit.page(0, 10_000)) ?? []
  return leaves.map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>)
}

function copyOf(name: string): string {
  const copy = join(folder, name)
  cpSync(pristine, copy, { recursive: true })
  return copy
}
