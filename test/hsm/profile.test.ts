import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HsmMember } from '#core/ports/hsm.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { checkIds, type CheckId } from '#core/tokens/checks.ts'
import { gcmIvMode, wrapFormat } from '#core/tokens/details.ts'
import { enforcementOf } from '#core/tokens/enforcement.ts'
import { nativeSpecs } from '#core/tokens/key-specs.ts'
import { claimsOf, type CheckResults } from '#core/tokens/profile.ts'
import { testOwner } from './owner.ts'
import { softToken, type SoftToken } from './soft-token.ts'

let token: SoftToken
let member: HsmMember

beforeAll(async () => {
  token = await softToken()
})

beforeEach(() => {
  member = token.hsm().member(token.config(), testOwner(token.pin))
})

afterEach(() => member.close())

afterAll(() => token.dispose())

describe('the profile of SoftHSM', () => {
  let results: CheckResults
  let facts: Awaited<ReturnType<HsmMember['tryOut']>>['facts']

  beforeAll(async () => {
    ;({ results, facts } = await token.hsm().member(token.config(), testOwner(token.pin)).tryOut(checkIds))
  })

  it('has a result for every check', () => {
    expect(Object.keys(results)).toEqual(checkIds)
  })

  it('works but for what SoftHSM 2.6 cannot', () => {
    const failing = checkIds.filter((id) => results[id]?.outcome !== 'works').map((id) => [id, results[id]?.outcome, results[id]?.ckr])
    expect(failing).toEqual([
      ['rsa-oaep-sha-256', 'refused', 'CKR_ARGUMENTS_BAD'],
      ['wrap-aes-kwp', 'absent', undefined],
      ['wrap-cbc-pad', 'refused', 'CKR_MECHANISM_INVALID'],
      ['unwrap-oaep-sha-256', 'refused', 'CKR_ARGUMENTS_BAD'],
    ])
  })

  it('seals on rung 1 with IVs of the host', () => {
    expect(chooseRung(results)).toBe(1)
    expect(gcmIvMode(results)).toBe('host-iv')
  })

  it('knows a wrapped key by its length: 0x210A is RFC 5649 here', () => {
    expect(wrapFormat(results, 'wrap-aes-kw')).toBe('RFC 3394')
    expect(wrapFormat(results, 'wrap-aes-pad')).toBe('RFC 5649')
    expect(wrapFormat(results, 'wrap-aes-kwp')).toBeUndefined()
  })

  it('enforces, by a program', () => {
    expect(results['wrap-sealed']?.ckr).toBe('CKR_KEY_UNEXTRACTABLE')
    expect(enforcementOf(results, claimsOf(facts))).toMatchObject({ badge: 'software', held: 7, tried: 7, why: expect.stringContaining('SoftHSM') as string })
  })

  it('serves every key spec of AWS KMS by itself, but for OAEP with SHA-256', () => {
    const missing = new Set(nativeSpecs(results).flatMap((spec) => spec.missing))
    expect([...missing]).toEqual(['RSAES_OAEP_SHA_256'])
  })

  it('is of the library that was loaded', async () => {
    expect(facts.library.sha256).toBe(createHash('sha256').update(await readFile(facts.library.path)).digest('hex'))
    expect(facts.hardwareSlot).toBe(false)
  })
})

it('leaves every object on the token as it was', async () => {
  const ckaId = randomBytes(16)
  await member.open()
  await member.session.generateKey({ kind: 'aes-256', ckaId, label: 'holdfast:test:bystander' })
  const before = await member.session.findKeys('')
  await member.tryOut(checkIds)
  expect(await member.session.findKeys('')).toEqual(before)
  await member.close()
  await member.open()
  expect(await member.session.findKeys('')).toEqual(before)
  expect(await objectFiles()).toBe(before.length)
})

/** SoftHSM keeps a file for each object, of whatever class, beside `token.object`. */
async function objectFiles(): Promise<number> {
  const tokens = token.module.tokenDirectory ?? ''
  const [folder = ''] = await readdir(tokens)
  return (await readdir(join(tokens, folder))).filter((name) => name.endsWith('.object') && name !== 'token.object').length
}

it('goes on beside calls, which all succeed', async () => {
  await member.open()
  const ckaId = randomBytes(16)
  await member.session.generateKey({ kind: 'aes-256', ckaId, label: 'holdfast:test:busy' })
  const trials = member.tryOut(checkIds)
  const run = { ended: false }
  void trials.finally(() => { run.ended = true })
  let calls = 0
  while (!run.ended) {
    const given = { ckaId, iv: randomBytes(12), aad: randomBytes(8), plaintext: randomBytes(32) }
    const { iv, sealed } = await member.session.encrypt(given)
    expect(await member.session.decrypt({ ckaId, iv, aad: given.aad, sealed })).toEqual(Uint8Array.from(given.plaintext))
    calls += 1
  }
  expect(chooseRung((await trials).results)).toBe(1)
  expect(calls).toBeGreaterThan(50)
  await member.session.destroyKey({ ckaId, label: 'holdfast:test:busy' })
})

it('opens beside the member at the same moment', async () => {
  const [{ results }] = await Promise.all([member.tryOut(['random']), member.open()])
  expect(results.random?.outcome).toBe('works')
  expect(member.status.state).toBe('ready')
})

describe('a run', () => {
  it('tells what it tries, in order', async () => {
    const told: [CheckId, number][] = []
    await member.tryOut(['random', 'origin', 'aes-cmac'], { trying: (check, place) => told.push([check, place]) })
    expect(told).toEqual([['random', 0], ['origin', 1], ['aes-cmac', 2]])
  })

  it('is cancelled by its signal, in the middle', async () => {
    const ending = new AbortController()
    const tried: CheckId[] = []
    const run = member.tryOut(checkIds, {
      signal: ending.signal,
      trying(check) {
        tried.push(check)
        if (check === 'rsa-4096') ending.abort()
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(tried.at(-1)).toBe('rsa-4096')
    expect((await member.tryOut(['random'])).results.random?.outcome).toBe('works')
  })

  it('does not begin under an aborted signal', async () => {
    const tried: CheckId[] = []
    const run = member.tryOut(checkIds, { signal: AbortSignal.abort(), trying: (check) => tried.push(check) })
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(tried).toEqual([])
  })

  it('ends when the member is closed', async () => {
    const run = member.tryOut(checkIds, { trying: (check) => { if (check === 'rsa-3072') void member.close() } })
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('needs a PIN', async () => {
    const without = token.hsm().member(token.config(), testOwner(undefined))
    await expect(without.tryOut(['random'])).rejects.toMatchObject({ code: 'LOGIN_NEEDED' })
  })
})
