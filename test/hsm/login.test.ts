import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultyToken, type FaultyToken } from './faulty-token.ts'
import { testOwner } from './owner.ts'

let token: FaultyToken

beforeAll(async () => {
  token = await faultyToken()
})

beforeEach(() => token.faults())

afterAll(() => token.dispose())

const FINAL_TRY = 'flags 0x20000'
const LOCKED = 'flags 0x40000'

async function logins(): Promise<number> {
  return (await token.trace()).filter((name) => name === 'C_Login').length
}

describe('a PIN that the token refuses', () => {
  it('is tried once, however often the member is opened or called', async () => {
    const owner = testOwner('0000000000')
    const member = token.hsm().member(token.config(), owner)
    await token.trace()
    await expect(member.open()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    expect(member.status).toMatchObject({ state: 'refused', failure: { code: 'PIN_INCORRECT' } })
    await expect(member.session.random(8)).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    await expect(member.open()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    await member.close()
    await expect(member.open()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    expect(await logins()).toBe(1)
    expect(owner.reconciled).toHaveLength(0)

    owner.givePin(token.pin)
    await member.open()
    expect(await member.session.random(8)).toHaveLength(8)
    expect(await logins()).toBe(1)
    await member.close()
  })

  it('may be too short or no UTF-8: nothing of it is in the failure', async () => {
    await token.faults('C_Login return 0xa2')
    const member = token.hsm().member(token.config(), testOwner('424242'))
    const failure: unknown = await member.open().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'PIN_INCORRECT' })
    expect(JSON.stringify([failure, String(failure), member.status])).not.toContain('424242')
    await member.close()
  })

  it('is not the reason when the token fails in the login: it is tried again', async () => {
    await token.faults('C_Login return 0x5 once')
    const member = token.hsm().member(token.config(), testOwner(token.pin))
    await expect(member.open()).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    expect(member.status.state).toBe('down')
    await member.open()
    await member.close()
  })
})

describe('before a login', () => {
  it('asks for the PIN if the owner has none', async () => {
    const owner = testOwner(undefined)
    const member = token.hsm().member(token.config(), owner)
    await token.trace()
    await expect(member.open()).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
    expect(member.status).toMatchObject({ state: 'refused', token: { serial: token.serial } })
    expect(await logins()).toBe(0)
    owner.givePin(token.pin)
    await member.open()
    await member.close()
  })

  it('does not touch a token whose PIN is locked', async () => {
    await token.faults(LOCKED)
    const member = token.hsm().member(token.config(), testOwner(token.pin))
    await token.trace()
    await expect(member.open()).rejects.toMatchObject({ code: 'PIN_LOCKED' })
    expect(member.status).toMatchObject({ state: 'refused', token: { pin: { locked: true } } })
    expect(await logins()).toBe(0)
    await member.close()
  })

  it('leaves the final try to a person who has been told that it is the last', async () => {
    await token.faults(FINAL_TRY)
    const member = token.hsm().member(token.config(), testOwner(token.pin))
    await token.trace()
    await expect(member.open()).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
    expect(member.status).toMatchObject({ state: 'refused', token: { pin: { finalTry: true } } })
    await expect(member.session.random(8)).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
    expect(await logins()).toBe(0)
    await member.open()
    expect(await logins()).toBe(1)
    await member.close()
  })

  it('never spends the final try by itself after a crash', async () => {
    const member = token.hsm().member(token.config(), testOwner(token.pin))
    await member.open()
    await token.faults('C_GenerateRandom segfault once', FINAL_TRY)
    await expect(member.session.random(8)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    await token.trace()
    await expect(member.session.random(8)).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
    expect(await logins()).toBe(0)
    await member.close()
  })
})
