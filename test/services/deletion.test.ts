import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { DAY, HOUR, movableClocks, type MovableClocks } from './clocks.ts'
import { bytes, PASSPHRASE, secret, temporaryVault, text, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

// The rule for clocks: docs/adr/0014. Destruction needs the due date passed and 24 hours of running time after it was first noticed, or a
// person's word; a wall clock behind the last one seen freezes it.

let clocks: MovableClocks
let vault: TemporaryVault
let store: Store
let member: HsmMember
let watch: Watch
let KeyId: string
let Arn: string

beforeEach(async () => {
  clocks = movableClocks()
  watch = () => undefined
  vault = await temporaryVault({
    ambient: clocks,
    hsm: watchedHsm((...call) => watch(...call), (opened) => { member = opened }),
    home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }),
  })
  ;({ KeyId, Arn } = (await vault.api.kms.CreateKey({})).KeyMetadata)
})

afterEach(() => vault[Symbol.asyncDispose]())

describe('a scheduled deletion', () => {
  it('makes the key unusable at once, for 30 days unless said otherwise', async () => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    const scheduled = await vault.api.kms.ScheduleKeyDeletion({ KeyId })
    expect(scheduled).toEqual({ KeyId: Arn, DeletionDate: new Date(clocks.now() + 30 * DAY), KeyState: 'PendingDeletion', PendingWindowInDays: 30 })
    const pending = { code: 'DisabledException', message: `${Arn} is pending deletion.` }
    await expect(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject(pending)
    await expect(vault.api.kms.Decrypt({ CiphertextBlob })).rejects.toMatchObject(pending)
    await expect(vault.api.kms.EnableKey({ KeyId })).rejects.toMatchObject({ code: 'KMSInvalidStateException' })
    await expect(vault.api.kms.ScheduleKeyDeletion({ KeyId })).rejects.toMatchObject({ code: 'KMSInvalidStateException' })
    expect((await vault.api.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'PendingDeletion', Enabled: false, DeletionDate: scheduled.DeletionDate })
  })

  it.each([6, 31])('takes no waiting period of %i days', async (PendingWindowInDays) => {
    await expect(vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays })).rejects.toMatchObject({ code: 'ValidationException' })
  })

  it('is taken back to Disabled, and nothing is lost', async () => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await expect(vault.api.kms.CancelKeyDeletion({ KeyId })).rejects.toMatchObject({ code: 'KMSInvalidStateException', message: `${Arn} is not pending deletion.` })
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await vault.api.kms.CancelKeyDeletion({ KeyId })
    expect((await vault.api.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Disabled' })
    await vault.api.kms.EnableKey({ KeyId })
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
    await days(40)
    expect(await objects()).toBe(1)
  })
})

describe('the end of the waiting period', () => {
  it('destroys all material of the key in the token, seen to be gone, and takes the key out', async () => {
    await vault.api.kms.CreateAlias({ AliasName: 'alias/doomed', TargetKeyId: KeyId })
    await vault.api.kms.RotateKeyOnDemand({ KeyId })
    const kept = await vault.api.kms.CreateKey({})
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    expect(await objects()).toBe(3)
    await days(9)
    expect(await objects()).toBe(1)
    await expect(vault.api.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
    await expect(vault.api.kms.Decrypt({ CiphertextBlob })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    expect((await vault.api.kms.ListAliases({})).Aliases).toEqual([])
    expect((await vault.api.kms.ListKeys({})).Keys.map((key) => key.KeyId)).toEqual([kept.KeyMetadata.KeyId])
    expect(store.read((tables) => tables.deletions.tombstones()).map((row) => row.keyArn)).toEqual([Arn, Arn])
    expect(records('DeleteKey')).toMatchObject([{ resources: [{ ARN: Arn }], userIdentity: { type: 'AWSService' } }])
  })

  it.each([
    ['RSA_2048', 'SIGN_VERIFY'], ['ECC_NIST_P256', 'KEY_AGREEMENT'], ['HMAC_512', 'GENERATE_VERIFY_MAC'], ['ML_KEM_512', 'ENCAPSULATE_DECAPSULATE'],
  ])('destroys a key of %s for %s, both halves of a pair, or the key that sealed it', async (KeySpec, KeyUsage) => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({ KeySpec, KeyUsage })
    const [material] = store.read((tables) => tables.materials.ofKey(KeyMetadata.KeyId as never))
    await vault.api.kms.ScheduleKeyDeletion({ KeyId: KeyMetadata.KeyId, PendingWindowInDays: 7 })
    expect(await objects()).toBe(2)
    await days(9)
    // A half of a pair would be found too: `findKeys` looks for public keys that have lost their private one.
    expect(await objects()).toBe(1)
    expect(await member.session.findKey(material?.ckaId ?? new Uint8Array())).toBeUndefined()
    expect(store.read((tables) => tables.materials.get(material?.id ?? ('' as never)))).toBeUndefined()
    await expect(vault.api.kms.DescribeKey({ KeyId: KeyMetadata.KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it('needs a day of running time after it was first noticed: a wall clock that jumps forward destroys nothing', async () => {
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await vault.api.vault.lock({})
    clocks.setWall(clocks.now() + 3_650 * DAY)
    await unlock()
    expect(await objects()).toBe(1)
    // The mistake is noticed and the clock set right: the key can still be brought back.
    clocks.setWall(Date.UTC(2026, 0, 2))
    await relook()
    expect((await vault.api.console.clock({})).behind).toBe(true)
    await vault.api.kms.CancelKeyDeletion({ KeyId })
    expect(await objects()).toBe(1)
  })

  it('waits while the wall clock is behind one that was seen', async () => {
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await days(7)
    clocks.setWall(clocks.now() - 2 * DAY)
    for (let i = 0; i < 30; i++) {
      clocks.pass(HOUR)
      await relook()
    }
    await unlock()
    expect(await objects()).toBe(1)
    // It has caught up, and a day of running time later the material goes.
    await days(4)
    expect(await objects()).toBe(0)
  })

  it('comes at once where an administrator confirms the old time and the new one', async () => {
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    await vault.api.vault.lock({})
    clocks.setWall(clocks.now() + 8 * DAY)
    await unlock()
    const clock = await vault.api.console.clock({})
    expect(clock).toMatchObject({ behind: false, dueDeletions: 1 })
    await expect(vault.api.console.confirmTime({ lastSeen: new Date(0), now: clock.now })).rejects.toMatchObject({ code: 'ValidationException' })
    expect(await vault.api.console.confirmTime({ lastSeen: clock.lastSeen, now: clock.now })).toEqual({ due: 1 })
    await relook()
    expect(await objects()).toBe(0)
  })

  it('goes on at the next login where the token could not be asked', async () => {
    await vault.api.kms.ScheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    watch = (call, when) => {
      if (call === 'hsm.destroyKey' && when === 'before') throw new VaultError('TOKEN_REMOVED', { member: 'SoftHSM' })
    }
    await days(9)
    expect(records('DeleteKey')[0]).toMatchObject({ errorCode: 'TOKEN_REMOVED' })
    expect(store.read((tables) => tables.intents.list())).toHaveLength(1)
    // From the durable intent on it cannot be taken back.
    await expect(vault.api.kms.CancelKeyDeletion({ KeyId })).rejects.toMatchObject({ code: 'KMSInvalidStateException', message: `${Arn} is being destroyed.` })
    watch = () => undefined
    await vault.api.vault.lock({})
    await unlock()
    expect(await objects()).toBe(0)
    expect(store.read((tables) => tables.intents.list())).toEqual([])
    await expect(vault.api.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'NotFoundException' })
  })
})

/** Time passes hour by hour, with a look at what is due after each, as the scheduler takes one every minute. Sessions end meanwhile. */
async function days(count: number): Promise<void> {
  for (let hour = 0; hour < count * 24; hour++) {
    clocks.pass(HOUR)
    await relook()
  }
  await unlock()
}

/** The scheduler's look, as `start` would take it. */
async function relook(): Promise<void> {
  await vault.holdfast.vault.look()
}

async function unlock(): Promise<void> {
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
}

async function objects(): Promise<number> {
  return (await member.session.findKeys('holdfast:')).length
}

function records(name: string): Record<string, unknown>[] {
  const leaves = store.read((tables) => tables.audit.page(0, 10_000))
  return leaves.map(({ leaf }) => JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown>).filter((record) => record['eventName'] === name)
}
