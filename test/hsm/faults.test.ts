import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HsmMember, MaterialKind } from '#core/ports/hsm.ts'
import type { Deadlines } from '#hsm/deadlines.ts'
import { faultyToken, type FaultyToken } from './faulty-token.ts'
import { testOwner, type TestOwner } from './owner.ts'

let token: FaultyToken
let owner: TestOwner
let member: HsmMember

beforeAll(async () => {
  token = await faultyToken()
})

beforeEach(async () => {
  await token.faults()
  await openMember()
})

afterEach(() => member.close())

afterAll(() => token.dispose())

const label = 'holdfast:test:faults'

/** Short deadlines are for tests of a hang only: elsewhere a busy machine must not look like one. */
async function openMember(deadlines: Partial<Deadlines> = {}): Promise<void> {
  owner = testOwner(token.pin)
  member = token.hsm({ deadlines }).member(token.config(), owner)
  await member.open()
}

async function reopenMember(deadlines: Partial<Deadlines>): Promise<void> {
  await member.close()
  await openMember(deadlines)
}

async function newKey(kind: MaterialKind = 'aes-256'): Promise<Uint8Array> {
  const ckaId = randomBytes(32)
  await member.session.generateKey({ kind, ckaId, label })
  return ckaId
}

function encrypt(ckaId: Uint8Array): Promise<{ iv: Uint8Array; sealed: Uint8Array }> {
  return member.session.encrypt({ ckaId, iv: randomBytes(12), aad: randomBytes(8), plaintext: randomBytes(32) })
}

function times(calls: string[], name: string): number {
  return calls.filter((call) => call === name).length
}

describe('a library that crashes', () => {
  it.each(['segfault', 'abort'])('costs the call that was in it (%s), and the next one works', async (action) => {
    const ckaId = await newKey()
    await token.faults(`C_Encrypt ${action} once`)
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE', message: expect.stringMatching(/SIG(SEGV|ABRT)/) as string })
    expect((await encrypt(ckaId)).sealed).toHaveLength(48)
  })

  it('leaves the member down, and is reconciled again before any call is let through', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt segfault once')
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(member.status).toMatchObject({ state: 'down', failure: { code: 'HSM_UNAVAILABLE' } })
    expect(owner.reconciled).toHaveLength(1)
    await token.trace()

    await Promise.all([encrypt(ckaId), encrypt(ckaId), encrypt(ckaId)])
    expect(owner.reconciled).toHaveLength(2)
    expect(member.status.state).toBe('ready')
    expect(times(await token.trace(), 'C_Login')).toBe(1)
  })

  it('is not asked twice to make a key: whether the lost one exists is for the journal', async () => {
    const ckaId = randomBytes(32)
    await token.faults('C_GenerateKey after segfault once')
    await token.trace()
    await expect(member.session.generateKey({ kind: 'aes-256', ckaId, label })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(times(await token.trace(), 'C_GenerateKey')).toBe(1)
    expect(await member.session.findKey(ckaId)).toMatchObject({ label, intact: true })
  })

  it('is not asked twice to destroy a key', async () => {
    const ckaId = await newKey()
    await token.faults('C_DestroyObject segfault once')
    await token.trace()
    await expect(member.session.destroyKey({ ckaId, label })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(times(await token.trace(), 'C_DestroyObject')).toBe(1)
    expect(await member.session.findKey(ckaId)).toBeDefined()
  })

  it('fails all the calls of its batch, once each, and none of the next', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt segfault once')
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => encrypt(ckaId)))
    expect(results.every((result) => result.status === 'rejected')).toBe(true)
    await Promise.all(Array.from({ length: 20 }, () => encrypt(ckaId)))
  })

  it('is not started again and again by calls while it dies at every opening', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt segfault once', 'C_Initialize segfault')
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await token.trace()
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => encrypt(ckaId)))
    expect(results.every((result) => result.status === 'rejected')).toBe(true)
    expect(times(await token.trace(), 'C_Initialize')).toBeLessThanOrEqual(1)

    await token.faults()
    await member.open()
    await encrypt(ckaId)
  })
})

describe('a library that hangs', () => {
  beforeEach(() => reopenMember({ symmetric: 500 }))

  it('costs the call at its deadline, and the next one works', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt hang once')
    const started = performance.now()
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE', message: expect.stringContaining('no answer within 0.5 s') as string })
    expect(performance.now() - started).toBeGreaterThanOrEqual(499)
    await encrypt(ckaId)
  })

  it('is a slow one while an earlier call still has time: only the late call fails', async () => {
    const ckaId = await newKey()
    await token.faults('C_GenerateKey delay 1200 once')
    const slow = newKey()
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE', message: expect.stringContaining('busy') as string })
    await encrypt(await slow)
    expect(owner.reconciled).toHaveLength(1)
  })

  it('ends while it is being opened, too', async () => {
    await member.close()
    await token.faults('C_Initialize hang once')
    const impatient = token.hsm({ deadlines: { open: 2_000 } }).member(token.config(), testOwner(token.pin))
    await expect(impatient.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(impatient.status.state).toBe('down')
    await impatient.open()
    await impatient.close()
  })

  it('cannot keep the member from closing', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt hang once')
    await token.trace()
    const hanging = expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE', message: expect.stringContaining('closed') as string })
    await expect.poll(() => token.trace()).toContain('C_Encrypt')
    await member.close()
    await hanging
  })
})

describe('return values', () => {
  it.each([
    ['0x30', 'HSM_UNAVAILABLE', 'CKR_DEVICE_ERROR'],
    ['0x5', 'HSM_UNAVAILABLE', 'CKR_GENERAL_ERROR'],
    ['0x32', 'TOKEN_REMOVED', 'is not there'],
    ['0xe0', 'TOKEN_REMOVED', 'is not there'],
    ['0x80000001', 'HSM_UNAVAILABLE', '0x80000001'],
    ['0xffffffffffffffff', 'HSM_UNAVAILABLE', '0xffffffff'],
  ])('%s of C_Encrypt is %s, and the next call works', async (value, code, text) => {
    const ckaId = await newKey()
    await token.faults(`C_Encrypt return ${value} once`)
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string })
    await encrypt(ckaId)
  })

  it('CKR_DEVICE_MEMORY of C_GenerateKey is TOKEN_FULL', async () => {
    await token.faults('C_GenerateKey return 0x31 once')
    await expect(newKey()).rejects.toMatchObject({ code: 'TOKEN_FULL' })
    await newKey()
  })

  it('of functions whose errors have no code are read as well', async () => {
    await token.faults('C_FindObjects return 0x32 once')
    await expect(member.session.findKeys('holdfast:')).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
  })

  it.each([['0x82', 'a handle'], ['0x60', 'a key handle'], ['0xb3', 'a session'], ['0x90', 'an operation left open']])(
    '%s of C_EncryptInit (%s is stale) is met by one more try',
    async (value) => {
      const ckaId = await newKey()
      await encrypt(ckaId)
      await token.faults(`C_EncryptInit return ${value} once`)
      await encrypt(ckaId)
      expect(owner.reconciled).toHaveLength(1)
    },
  )

  it('a login that was lost is renewed, and the call that met it is repeated', async () => {
    const ckaId = await newKey()
    await token.faults('C_EncryptInit return 0x101 once')
    await encrypt(ckaId)
    expect(owner.reconciled).toHaveLength(2)
  })

  it('a login that was lost is never taken for a key that is not there', async () => {
    const ckaId = await newKey()
    // C_FindObjects finds no private object without a login and says nothing; C_GetSessionInfo tells.
    await token.faults('C_GetSessionInfo return 0x101 once')
    expect(await member.session.findKey(randomBytes(32))).toBeUndefined()
    expect(owner.reconciled).toHaveLength(2)
    expect(await member.session.findKey(ckaId)).toBeDefined()
  })

  it('an error in the middle of an operation does not poison the next', async () => {
    const ckaId = await newKey()
    await token.faults('C_Encrypt return 0x150 once')
    await expect(encrypt(ckaId)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await encrypt(ckaId)
    expect(owner.reconciled).toHaveLength(1)
  })
})

describe('a token that does wrong', () => {
  it('makes no key that can be extracted: it is refused and destroyed', async () => {
    const ckaId = randomBytes(32)
    await token.faults('C_GenerateKey garbage once')
    await expect(member.session.generateKey({ kind: 'aes-256', ckaId, label })).rejects.toMatchObject({
      code: 'MATERIAL_REFUSED', details: { attribute: 'CKA_EXTRACTABLE' },
    })
    expect(await member.session.findKey(ckaId)).toBeUndefined()
  })

  it('leaves no key that could not be looked at', async () => {
    const ckaId = randomBytes(32)
    await token.faults('C_GetAttributeValue return 0x5 once')
    await expect(member.session.generateKey({ kind: 'aes-256', ckaId, label })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(await member.session.findKey(ckaId)).toBeUndefined()
  })

  it('is not said to have destroyed what it still shows', async () => {
    const ckaId = await newKey()
    await token.faults('C_DestroyObject skip once')
    await expect(member.session.destroyKey({ ckaId, label })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(await member.session.findKey(ckaId)).toBeDefined()
  })

  it('that fails in C_Decrypt is not taken for an altered ciphertext', async () => {
    const ckaId = await newKey()
    const aad = randomBytes(8)
    const made = await member.session.encrypt({ ckaId, iv: randomBytes(12), aad, plaintext: randomBytes(32) })
    await token.faults('C_Decrypt return 0x5')
    await expect(member.session.decrypt({ ckaId, ...made, aad })).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await token.faults('C_Decrypt return 0x5 once')
    expect(await member.session.decrypt({ ckaId, ...made, aad })).toBeUndefined()
    await token.faults()
    expect(await member.session.decrypt({ ckaId, ...made, aad })).toHaveLength(32)
  })
})

it('a key without AES-CMAC on its token has no check value', async () => {
  await token.faults('hide 0x108a')
  const ckaId = await newKey()
  expect(await member.session.findKey(ckaId)).toMatchObject({ intact: true, checkValue: undefined })
})
