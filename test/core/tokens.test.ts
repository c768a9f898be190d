import { describe, expect, it } from 'vitest'
import { chooseRung, ladder } from '#core/sealing/rung.ts'
import { CHECKS_EDITION, checkIds, checkOf, sealingChecks, type CheckId } from '#core/tokens/checks.ts'
import { gcmIvMode, noteOf, wrapFormat } from '#core/tokens/details.ts'
import { enforcementChecks, enforcementOf } from '#core/tokens/enforcement.ts'
import { nativeRows, nativeSpecs } from '#core/tokens/key-specs.ts'
import { changedSince, identityOf, type CheckResult, type CheckResults, type TokenClaims } from '#core/tokens/profile.ts'

const facts = {
  manufacturer: 'Thales', model: 'Luna K7', serial: '1234567', firmware: '7.8', hardwareSlot: true,
  library: { description: 'Chrystoki', version: '10.7', sha256: 'a'.repeat(64) },
}
const hardware: TokenClaims = { manufacturer: 'Thales', model: 'Luna K7', library: 'Chrystoki', hardwareSlot: true }

function allWork(change: Partial<Record<CheckId, CheckResult>> = {}): CheckResults {
  const works = Object.fromEntries(checkIds.map((id) => [id, { outcome: 'works' as const }]))
  return { ...works, 'aes-gcm': { outcome: 'works', detail: 'host-iv' }, ...change }
}

describe('the table of checks', () => {
  it('asks first what decides the rung, and a message of one block more and less', () => {
    for (const id of sealingChecks) expect(checkIds).toContain(id)
    expect(checkOf('aes-gcm').sizes).toEqual([1, 15, 16, 17, 31, 32, 33, 48, 100, 1000, 4096])
  })
})

describe('the sealing ladder', () => {
  it('is AES-GCM in the token where that works, with an IV from either side', () => {
    expect(chooseRung(allWork())).toBe(1)
    expect(chooseRung(allWork({ 'aes-gcm': { outcome: 'works', detail: 'token-iv' } }))).toBe(1)
  })

  it.each(['refused', 'wrong', 'absent', 'crash', 'hang'] as const)('is HMAC in the token where AES-GCM is %s', (outcome) => {
    expect(chooseRung(allWork({ 'aes-gcm': { outcome } }))).toBe(2)
  })

  it('is HMAC where the IV comes behind the tag: no blob has room for it', () => {
    expect(chooseRung(allWork({ 'aes-gcm': { outcome: 'works', detail: 'appended' } }))).toBe(2)
  })

  it('is nothing where neither was tried, or no key can be made', () => {
    expect(chooseRung({})).toBeUndefined()
    expect(chooseRung(allWork({ 'generate-aes-256': { outcome: 'wrong' }, 'generate-hmac-256': { outcome: 'refused' } }))).toBeUndefined()
  })

  it('names a third rung that is not offered', () => {
    const third = ladder.find(({ rung }) => rung === 3)
    expect(third?.offered).toBeUndefined()
    expect(third?.possible(allWork())).toBe(true)
    expect(third?.possible({})).toBe(false)
  })
})

describe('the enforcement badge', () => {
  it('is hardware grade for a token that says it is hardware and lets nothing out', () => {
    expect(enforcementOf(allWork(), hardware)).toMatchObject({ badge: 'hardware', held: enforcementChecks.length, tried: enforcementChecks.length })
  })

  it.each([
    ['SoftHSM', { manufacturer: 'SoftHSM project', model: 'SoftHSM v2' }],
    ['NSS', { manufacturer: 'Mozilla Foundation', model: 'NSS 3' }],
    ['swtpm', { manufacturer: 'IBM', model: 'SW   TPM' }],
    ['openCryptoki', { manufacturer: 'IBM', model: 'Soft' }],
    ['Kryoptic', { manufacturer: 'Kryoptic Project', model: 'v1' }],
  ])('is a software token for %s, whatever its slot claims', (_name, claims) => {
    expect(enforcementOf(allWork(), { ...hardware, ...claims }).badge).toBe('software')
  })

  it('is a software token where the library claims no hardware', () => {
    expect(enforcementOf(allWork(), { ...hardware, hardwareSlot: false }).badge).toBe('software')
  })

  it.each(enforcementChecks)('says that a token does not enforce, and how, when %s is wrong', (id) => {
    const { badge, why } = enforcementOf(allWork({ [id]: { outcome: 'wrong' } }), hardware)
    expect(badge).toBe('not-enforced')
    expect(why).toMatch(/^This token .+\. Who knows the PIN can have its keys\.$/)
  })

  it.each(['refused', 'crash', 'hang'] as const)('proves nothing by a trial that was %s', (outcome) => {
    const { badge, held, tried } = enforcementOf(allWork({ 'wrap-sealed': { outcome } }), hardware)
    expect({ badge, held, tried }).toEqual({ badge: 'unproven', held: enforcementChecks.length - 1, tried: enforcementChecks.length - 1 })
  })

  it('proves nothing without trials', () => {
    expect(enforcementOf({}, hardware).badge).toBe('unproven')
  })

  it('needs no wrapping and no import from a token that has none', () => {
    const absent = { outcome: 'absent' } as const
    expect(enforcementOf(allWork({ 'wrap-sealed': absent, 'unwrap-sealed': absent, 'import-history': absent }), hardware).badge).toBe('hardware')
    expect(enforcementOf(allWork({ 'read-secret': absent }), hardware).badge).toBe('unproven')
  })
})

describe('the formats', () => {
  it('are told by length, not by name', () => {
    const wrapped = (length: string): CheckResults => ({ 'wrap-aes-pad': { outcome: 'works', detail: length } })
    expect(wrapFormat(wrapped('40'), 'wrap-aes-pad')).toBe('RFC 5649')
    expect(wrapFormat(wrapped('48'), 'wrap-aes-pad')).toBe('PKCS #7, then RFC 3394')
    expect(wrapFormat(wrapped('41'), 'wrap-aes-pad')).toBeUndefined()
    expect(wrapFormat({ 'wrap-aes-pad': { outcome: 'refused', detail: '40' } }, 'wrap-aes-pad')).toBeUndefined()
  })

  it('of an IV are told only where AES-GCM works', () => {
    expect(gcmIvMode(allWork({ 'aes-gcm': { outcome: 'works', detail: 'appended' } }))).toBe('appended')
    expect(gcmIvMode({ 'aes-gcm': { outcome: 'wrong', detail: 'host-iv' } })).toBeUndefined()
  })

  it('and codes are the notes of a row', () => {
    expect(noteOf('aes-gcm', { outcome: 'works', detail: 'token-iv' })).toBe('IV from the token')
    expect(noteOf('wrap-aes-kw', { outcome: 'works', detail: '40' })).toBe('RFC 3394')
    expect(noteOf('wrap-aes-kw', { outcome: 'works', detail: '56' })).toBe('56 bytes')
    expect(noteOf('hmac-sha-256', { outcome: 'refused', ckr: 'CKR_ARGUMENTS_BAD' })).toBe('CKR_ARGUMENTS_BAD')
    expect(noteOf('hmac-sha-256', { outcome: 'absent' })).toBe('not listed')
    expect(noteOf('hmac-sha-256', { outcome: 'works' })).toBeUndefined()
  })
})

describe("AWS KMS's key specs", () => {
  it('are all served by a token that does everything', () => {
    expect(nativeSpecs(allWork()).flatMap(({ missing }) => missing)).toEqual([])
    expect(nativeSpecs(allWork()).map(({ spec }) => spec)).toHaveLength(13)
  })

  it('lose exactly the algorithms whose check fails', () => {
    const specs = nativeSpecs(allWork({ 'rsa-oaep-sha-256': { outcome: 'refused' }, 'rsa-4096': { outcome: 'hang' } }))
    expect(specs.find(({ spec }) => spec === 'RSA_2048')?.missing).toEqual(['RSAES_OAEP_SHA_256'])
    expect(specs.find(({ spec }) => spec === 'RSA_4096')?.served).toEqual([])
  })

  it('are nothing without checks', () => {
    expect(nativeSpecs({}).flatMap(({ served }) => served)).toEqual([])
    expect(nativeRows.every(({ needs }) => needs.length > 0)).toBe(true)
  })
})

describe('a profile', () => {
  const identity = identityOf(facts)

  it('holds for the same library, version, model, token and firmware', () => {
    expect(changedSince({ identity, edition: CHECKS_EDITION }, identityOf({ ...facts, manufacturer: 'other' }), CHECKS_EDITION)).toEqual([])
  })

  it.each([
    ['the library', { library: { ...facts.library, sha256: 'b'.repeat(64) } }],
    ['the library version', { library: { ...facts.library, version: '10.8' } }],
    ['the model', { model: 'Luna K8' }],
    ['the token', { serial: '7654321' }],
    ['the firmware', { firmware: '7.9' }],
  ])('holds no more with another of %s', (word, change) => {
    expect(changedSince({ identity, edition: CHECKS_EDITION }, identityOf({ ...facts, ...change }), CHECKS_EDITION)).toEqual([word])
  })

  it('holds no more when other things are tried', () => {
    expect(changedSince({ identity, edition: CHECKS_EDITION - 1 }, identity, CHECKS_EDITION)).toEqual(['what Holdfast tries'])
  })
})
