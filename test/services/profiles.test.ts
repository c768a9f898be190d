import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ProfileProgress, ProfileView } from '#contract/hsm.ts'
import type { MemberView } from '#contract/vault.ts'
import type { Store } from '#core/ports/store.ts'
import { checkIds } from '#core/tokens/checks.ts'
import { faultyHsm, type FaultyHsm } from './faulty-hsm.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type Client, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome } from './watched-ports.ts'

let faulty: FaultyHsm
let vault: TemporaryVault
let store: Store
let memberId: string

beforeAll(async () => {
  faulty = await faultyHsm()
  vault = await temporaryVault({ hsm: faulty.hsm, home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
  memberId = (await theMember()).id
})

beforeEach(() => { faulty.faults() })

afterAll(async () => {
  await vault[Symbol.asyncDispose]()
  faulty[Symbol.dispose]()
})

async function theMember(): Promise<MemberView> {
  const [found] = (await vault.api.vault.status({})).members ?? []
  return found ?? expect.unreachable()
}

/** Resolves once the status says so; the status is sent again after each change. */
async function until(so: (member: MemberView) => boolean): Promise<MemberView> {
  for await (const { members = [] } of await vault.api.vault.watch({})) {
    const [found] = members
    if (found !== undefined && so(found)) return found
  }
  return expect.unreachable()
}

async function run(options: { api?: Client; signal?: AbortSignal; each?: (progress: ProfileProgress) => void } = {}): Promise<ProfileView> {
  const stream = await (options.api ?? vault.api).hsm.runProfile({ memberId }, options.signal === undefined ? {} : { signal: options.signal })
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return next.value
    options.each?.(next.value)
  }
}

/** The newest record of the trail with this name. */
function recorded(eventName: string): Record<string, unknown> | undefined {
  const leaves = store.read((tables) => tables.audit.latest(undefined, 50))
  return leaves.map(({ leaf }) => JSON.parse(text(leaf)) as Record<string, unknown>).find((record) => record['eventName'] === eventName)
}

describe('a profile', () => {
  it('is none before the first run', async () => {
    expect(await vault.api.hsm.profile({ memberId })).toEqual({})
    expect((await theMember()).profile).toBeUndefined()
  })

  it('comes with progress, is kept, recorded, and shown with the member', async () => {
    const told: ProfileProgress[] = []
    const profile = await run({ each: (progress) => told.push(progress) })
    expect(profile.checks.map(({ id }) => id)).toEqual(checkIds)
    expect(profile).toMatchObject({ rung: 1, gcmIv: 'host-iv', changed: [], enforcement: { badge: 'software', held: 7, tried: 7 } })
    expect(profile.checks.find(({ id }) => id === 'rsa-oaep-sha-256')).toMatchObject({ outcome: 'refused', note: 'CKR_ARGUMENTS_BAD' })
    expect(told.length).toBeGreaterThan(0)
    expect(told.map(({ tried }) => tried)).toEqual(told.map(({ tried }) => tried).toSorted((a, b) => a - b))
    expect(told.every(({ of }) => of === checkIds.length)).toBe(true)

    expect(await vault.api.hsm.profile({ memberId })).toEqual({ profile })
    expect(await theMember()).toMatchObject({ profiling: false, profile: { at: profile.at, badge: 'software', holds: true } })
    expect(recorded('RunHsmProfile')).toMatchObject({
      eventSource: 'holdfast',
      requestParameters: { memberId },
      responseElements: { rung: 1, enforcement: 'software', tried: checkIds.length, moduleHash: profile.identity.moduleHash },
    })
  })

  it('is run once for two who ask at once', async () => {
    const before = faulty.calls('C_Login')
    const [first, second] = await Promise.all([run(), run()])
    expect(second).toEqual(first)
    expect(faulty.calls('C_Login') - before).toBe(1)
  })

  it('is refused to who is not signed in', async () => {
    const { api } = vault.connect()
    await expect(run({ api })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
    await expect(api.hsm.profile({ memberId })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })

  it('is refused for what is no member', async () => {
    await expect(vault.api.hsm.profile({ memberId: 'none' })).rejects.toMatchObject({ code: 'NotFoundException' })
    const stream = await vault.api.hsm.runProfile({ memberId: '00000000-0000-4000-8000-000000000000' })
    await expect(stream.next()).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it('ends with its signal, keeps nothing, and is recorded as cancelled', async () => {
    const { at } = (await vault.api.hsm.profile({ memberId })).profile ?? expect.unreachable()
    const ending = new AbortController()
    await expect(run({ signal: ending.signal, each: () => { ending.abort() } })).rejects.toBeDefined()
    await until(({ profiling }) => !profiling)
    expect((await vault.api.hsm.profile({ memberId })).profile?.at).toEqual(at)
    expect(recorded('RunHsmProfile')).toMatchObject({ errorCode: 'CANCELLED' })
  })

  it('ends with the reader', async () => {
    const stream = await vault.api.hsm.runProfile({ memberId })
    await stream.next()
    await stream.return()
    expect(await until(({ profiling }) => !profiling)).toMatchObject({ state: 'ready' })
  })
})

describe('during a profile', () => {
  it('a crash is a result, and calls go on beside it', async () => {
    const { KeyId } = (await vault.api.kms.CreateKey({})).KeyMetadata
    faulty.faults('C_WrapKey segfault', 'C_GenerateKeyPair abort')
    const trials = run()
    const blobs = await Promise.all(Array.from({ length: 50 }, () => vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })))
    const profile = await trials
    expect(profile.checks.find(({ id }) => id === 'wrap-aes-kw')).toMatchObject({ outcome: 'crash', note: 'its process ended (SIGSEGV)' })
    expect(profile.checks.find(({ id }) => id === 'rsa-2048')).toMatchObject({ outcome: 'crash', note: 'its process ended (SIGABRT)' })
    expect(profile.enforcement.badge).toBe('unproven')
    expect(blobs).toHaveLength(50)
    expect((await theMember()).state).toBe('ready')
  })

  it('a hang is a result', async () => {
    faulty.faults('C_CopyObject hang')
    const profile = await run()
    expect(profile.checks.find(({ id }) => id === 'copy-sealed')).toMatchObject({ outcome: 'hang' })
    expect(profile.checks.find(({ id }) => id === 'unwrap-sealed')).toMatchObject({ outcome: 'works' })
  })

  it('a token that is taken out ends it, keeps nothing, and is recorded', async () => {
    const { at } = (await vault.api.hsm.profile({ memberId })).profile ?? expect.unreachable()
    faulty.faults('C_WrapKey return 0x32', 'C_GetTokenInfo return 0xe0')
    await expect(run()).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
    expect((await vault.api.hsm.profile({ memberId })).profile?.at).toEqual(at)
    expect(recorded('RunHsmProfile')).toMatchObject({ errorCode: 'TOKEN_REMOVED' })
  })
})

describe('the rung of new keys', () => {
  it('follows the profile; older keys keep theirs', async () => {
    const older = (await vault.api.kms.CreateKey({})).KeyMetadata.KeyId
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: older, Plaintext: bytes('x') })
    faulty.faults('hide 0x1087')
    expect(await run()).toMatchObject({ rung: 2 })
    expect((await theMember()).rung).toBe(2)

    faulty.faults()
    const newer = (await vault.api.kms.CreateKey({})).KeyMetadata.KeyId
    expect((await vault.api.console.key({ keyId: newer })).materials[0]).toMatchObject({ rung: 2 })
    expect((await vault.api.console.key({ keyId: older })).materials[0]).toMatchObject({ rung: 1 })
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')

    expect(await run()).toMatchObject({ rung: 1 })
    expect((await theMember()).rung).toBe(1)
  })

  it('stays where the token can seal no more', async () => {
    faulty.faults('hide 0x1087', 'hide 0x251')
    expect((await run()).rung).toBeUndefined()
    expect((await theMember()).rung).toBe(1)
  })
})

describe('a process that stays', () => {
  it('tries a token out by itself when it opens one without a profile that holds, and then no more', async () => {
    await using other = await temporaryVault({ hsm: faulty.hsm })
    const api = other.api
    const profileOf = async (): Promise<MemberView['profile']> => (await api.vault.status({})).members?.[0]?.profile
    expect(await profileOf()).toBeUndefined()

    other.holdfast.vault.reside()
    for await (const { members = [] } of await api.vault.watch({})) if (members[0]?.profile !== undefined) break
    const { at } = (await profileOf()) ?? expect.unreachable()

    await api.vault.lock({})
    const before = faulty.calls('C_Login')
    await api.session.signIn({ passphrase: secret(PASSPHRASE) })
    expect(faulty.calls('C_Login') - before).toBe(1)
    expect((await profileOf())?.at).toEqual(at)
  })

  it('locks in the middle of it', async () => {
    await using other = await temporaryVault({ hsm: faulty.hsm })
    faulty.faults('C_CopyObject hang')
    other.holdfast.vault.reside()
    for await (const { members = [] } of await other.api.vault.watch({})) if (members[0]?.profiling === true) break
    await other.api.vault.lock({})
    expect((await other.api.vault.status({})).state).toBe('locked')
  })
})
