import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { checkIds, sealingChecks, type CheckId } from '#core/tokens/checks.ts'
import { gcmIvMode } from '#core/tokens/details.ts'
import { enforcementOf } from '#core/tokens/enforcement.ts'
import { claimsOf, type CheckResults } from '#core/tokens/profile.ts'
import type { CheckOutcome } from '#core/vocabulary/tokens.ts'
import type { Deadlines } from '#hsm/deadlines.ts'
import { faultyToken, type FaultyToken } from './faulty-token.ts'
import { testOwner } from './owner.ts'

let token: FaultyToken
let member: HsmMember

beforeAll(async () => {
  token = await faultyToken()
})

beforeEach(async () => {
  await token.faults()
  member = memberWith()
})

afterEach(() => member.close())

afterAll(() => token.dispose())

/** Short deadlines are for tests of a hang only: elsewhere a busy machine must not look like one. */
function memberWith(deadlines: Partial<Deadlines> = {}): HsmMember {
  return token.hsm({ deadlines }).member(token.config(), testOwner(token.pin))
}

async function resultsOf(checks: readonly CheckId[], from = member): Promise<CheckResults> {
  return (await from.tryOut(checks)).results
}

function outcomes(results: CheckResults): Partial<Record<CheckId, CheckOutcome | undefined>> {
  return Object.fromEntries(Object.entries(results).map(([id, result]) => [id, result.outcome]))
}

function times(calls: readonly string[], name: string): number {
  return calls.filter((call) => call === name).length
}

describe('the checks that decide the rung', () => {
  it('all work on SoftHSM', async () => {
    expect(outcomes(await resultsOf(sealingChecks))).toEqual({ 'generate-aes-256': 'works', 'aes-gcm': 'works', 'generate-hmac-256': 'works', 'hmac-sha-256': 'works' })
  })

  it.each([
    ['has no AES-GCM', 'hide 0x1087', 'absent', 'works', 2],
    ['has no HMAC', 'hide 0x251', 'works', 'absent', 1],
    ['gives wrong ciphertexts', 'C_Encrypt garbage', 'wrong', 'works', 2],
    ['gives wrong plaintexts', 'C_Decrypt garbage', 'wrong', 'works', 2],
    ['opens nothing', 'C_Decrypt return 0x5', 'wrong', 'works', 2],
    ['gives a wrong HMAC once', 'C_Sign garbage once', 'works', 'wrong', 1],
    ['gives wrong HMACs that never change', 'C_Sign garbage', 'works', 'wrong', 1],
    ['crashes in AES-GCM', 'C_Encrypt segfault', 'crash', 'works', 2],
    ['aborts in AES-GCM', 'C_Encrypt abort once', 'crash', 'works', 2],
    ['refuses to encrypt', 'C_EncryptInit return 0x68', 'refused', 'works', 2],
    ['lets no known key in', 'C_CreateObject return 0xd1', 'works', 'works', 1],
    ['makes its own IVs', 'token-iv', 'works', 'works', 1],
    ['appends its IV, which no blob holds', 'append-iv', 'works', 'works', 2],
  ] as const)('tell a token that %s', async (_what, fault, aesGcm, hmac, rung) => {
    await token.faults(fault)
    const results = await resultsOf(sealingChecks)
    expect(outcomes(results)).toMatchObject({ 'aes-gcm': aesGcm, 'hmac-sha-256': hmac })
    expect(chooseRung(results)).toBe(rung)
  })

  it.each([
    ['of the host', undefined, 'host-iv'],
    ['of the token', 'token-iv', 'token-iv'],
    ['behind the tag', 'append-iv', 'appended'],
  ] as const)('tell an IV %s', async (_where, fault, mode) => {
    await token.faults(...(fault === undefined ? [] : [fault]))
    expect(gcmIvMode(await resultsOf(['aes-gcm']))).toBe(mode)
  })

  it('tell a token that hangs in HMAC, within its deadline', async () => {
    await token.faults('C_Sign hang')
    const results = await resultsOf(sealingChecks, memberWith({ trial: 1_000 }))
    expect(results['hmac-sha-256']).toEqual({ outcome: 'hang', detail: 'no answer within 1 s' })
    expect(chooseRung(results)).toBe(1)
  })

  it('find no key that is extractable although it was asked not to be', async () => {
    await token.faults('C_GenerateKey garbage')
    const results = await resultsOf(sealingChecks)
    expect(results['generate-aes-256']).toMatchObject({ outcome: 'wrong', detail: 'CKA_EXTRACTABLE does not read back as asked' })
    expect(chooseRung(results)).toBeUndefined()
  })
})

describe('a whole profile', () => {
  it('goes on after each crash in a new process that logs in anew', async () => {
    await token.faults('C_Encrypt segfault', 'C_WrapKey segfault')
    await token.trace()
    const results = await resultsOf(checkIds)
    const crashed = checkIds.filter((id) => results[id]?.outcome === 'crash')
    expect(crashed).toEqual(['aes-gcm', 'aes-cbc', 'aes-cbc-pad', 'wrap-aes-kw', 'wrap-aes-pad', 'wrap-cbc-pad', 'wrap-sealed'])
    expect(results['aes-gcm']).toEqual({ outcome: 'crash', detail: 'its process ended (SIGSEGV)' })
    expect(Object.keys(results)).toHaveLength(checkIds.length)
    expect(times(await token.trace(), 'C_Login')).toBe(1 + crashed.length)
  })

  it('says of a token whose enforcement it could not try that nothing is proven', async () => {
    await token.faults('C_WrapKey segfault')
    const { facts, results } = await member.tryOut(checkIds)
    expect(enforcementOf(results, claimsOf(facts))).toMatchObject({ badge: 'unproven', why: expect.stringContaining('"Wrapping a sealed key is refused"') as string })
  })

  it('counts no other refusal to wrap than CKR_KEY_UNEXTRACTABLE', async () => {
    await token.faults('C_WrapKey return 0x69')
    const { facts, results } = await member.tryOut(checkIds)
    expect(results['wrap-sealed']).toMatchObject({ outcome: 'refused', ckr: 'CKR_KEY_NOT_WRAPPABLE' })
    expect(enforcementOf(results, claimsOf(facts)).badge).toBe('unproven')
  })

  it('tells a token whose unwrapped keys are extractable, as openCryptoki\'s are', async () => {
    await token.faults('C_UnwrapKey garbage')
    const { facts, results } = await member.tryOut(checkIds)
    expect(results['unwrap-sealed']).toMatchObject({ outcome: 'wrong', detail: 'the key arrived extractable' })
    expect(enforcementOf(results, claimsOf(facts))).toMatchObject({ badge: 'not-enforced', why: expect.stringContaining('does not seal a key that is unwrapped as sealed') as string })
  })

  it('takes a device error that comes again in a new process for a refusal', async () => {
    await token.faults('C_GenerateRandom return 0x30')
    expect((await resultsOf(['random'])).random).toEqual({ outcome: 'refused', ckr: 'CKR_DEVICE_ERROR' })
  })
})

describe('a token that is taken out', () => {
  it('in one check, and is there again in the next, costs that check a second try only', async () => {
    await token.faults('C_EncryptInit return 0x32 once')
    expect(outcomes(await resultsOf(sealingChecks))).toMatchObject({ 'aes-gcm': 'works', 'hmac-sha-256': 'works' })
  })

  it('is a refusal where it says so in one check again and again', async () => {
    await token.faults('C_EncryptInit return 0x32')
    const results = await resultsOf(sealingChecks)
    expect(results['aes-gcm']).toEqual({ outcome: 'refused', ckr: 'CKR_DEVICE_REMOVED' })
    expect(results['hmac-sha-256']?.outcome).toBe('works')
  })

  it('for good has no profile', async () => {
    await token.faults('C_EncryptInit return 0x32', 'C_GetTokenInfo return 0xe0')
    await expect(member.tryOut(sealingChecks)).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
  })

  it('while it is tried out has no profile', async () => {
    const trials = member.tryOut(checkIds, {
      trying(check) {
        if (check === 'aes-gcm') void token.faults('C_GenerateKey return 0x32', 'C_GetTokenInfo return 0xe0')
      },
    })
    await expect(trials).rejects.toMatchObject({ code: 'TOKEN_REMOVED' })
  })
})

describe('a library that cannot be opened for a profile', () => {
  it('is HSM_UNAVAILABLE', async () => {
    await token.faults('C_Initialize segfault')
    await expect(member.tryOut(sealingChecks)).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
  })

  it('refuses the PIN once, and is not asked again', async () => {
    await token.faults('C_Login return 0xa0')
    await token.trace()
    await expect(member.tryOut(sealingChecks)).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    await expect(member.tryOut(sealingChecks)).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    await expect(member.open()).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    expect(times(await token.trace(), 'C_Login')).toBe(1)
  })

  it('keeps the last try of a PIN for a person', async () => {
    // CKF_USER_PIN_FINAL_TRY
    await token.faults('flags 0x20000')
    await token.trace()
    await expect(member.tryOut(sealingChecks)).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
    expect(times(await token.trace(), 'C_Login')).toBe(0)
  })
})
