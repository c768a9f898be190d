import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultyHsm, type FaultyHsm } from './faulty-hsm.ts'
import { temporaryVault, type TemporaryVault } from './temporary-vault.ts'

let faulty: FaultyHsm
let vault: TemporaryVault
let memberId: string

beforeAll(async () => {
  faulty = await faultyHsm()
  vault = await temporaryVault({ hsm: faulty.hsm })
  memberId = ((await vault.api.vault.status({})).members ?? [])[0]?.id ?? expect.unreachable()
})

beforeEach(() => { faulty.faults() })

afterAll(async () => {
  await vault[Symbol.asyncDispose]()
  faulty[Symbol.dispose]()
})

describe('the health of an HSM', () => {
  it('is good where the token answers and seals, with the time that each took', async () => {
    const { well, steps } = await vault.api.hsm.health({ memberId })
    expect(well).toBe(true)
    expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([['Answers with random bytes', 'works'], ['AES-GCM', 'works'], ['HMAC-SHA256', 'works']])
    for (const { microseconds } of steps) expect(microseconds).toBeGreaterThan(0)
  })

  it('is bad where the token does not answer, and it is not asked to seal then', async () => {
    faulty.faults('C_GenerateRandom return 0x5')
    const { well, steps } = await vault.api.hsm.health({ memberId })
    expect(well).toBe(false)
    expect(steps).toMatchObject([{ outcome: 'fails' }, { name: 'Seals', outcome: 'skipped', note: 'the token does not answer' }])
  })

  it('is good again when the token is', async () => {
    expect((await vault.api.hsm.health({ memberId })).well).toBe(true)
  })

  it('is told to who is signed in only', async () => {
    await expect(vault.connect().api.hsm.health({ memberId })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })
})

describe('the modules of this machine', () => {
  it('are shown to who is signed in while the vault is open', async () => {
    expect((await vault.api.hsm.modules({})).modules.map(({ name }) => name).length).toBeGreaterThan(0)
    await expect(vault.connect().api.hsm.modules({})).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })
})
