import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkIds } from '#core/tokens/checks.ts'
import { holdfast, type Surroundings } from './commands.ts'

// `hsm` as a person has it: real processes, a real home, a real token.

let base: string
let around: Surroundings

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hf-test-'))
  writeFileSync(join(base, 'passphrase'), 'correct horse battery staple', { mode: 0o600 })
  mkdirSync(join(base, 'runtime'), { mode: 0o700 })
  around = { home: join(base, 'home'), passphraseFile: join(base, 'passphrase'), runtime: join(base, 'runtime') }
  await holdfast(around, 'init', '--account', '111122223333', '--region', 'lab')
})

afterAll(() => { rmSync(base, { recursive: true, force: true }) })

describe('hsm', () => {
  it('lists members, and says that their tokens were never tried', async () => {
    const { code, stdout } = await holdfast(around, 'hsm', 'list')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^NAME +STATE +MODEL +SERIAL +SEALS +ENFORCEMENT +TRIED\nSoftHSM +ready +SoftHSM v2 +[0-9a-f]{16} +rung 1 +- +never\n$/)
    expect((await holdfast(around, 'hsm', 'profile')).stdout).toBe('SoftHSM has not been tried out yet: `holdfast hsm profile --run` does it.\n')
  })

  it('tries a token out and prints what it can do, without progress where there is no terminal', async () => {
    const { code, stdout, stderr } = await holdfast(around, 'hsm', 'profile', 'SoftHSM', '--run')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const line of [/^Enforces +software token, 7 of 7\. Enforced by a program, SoftHSM\./m, /^Seals +rung 1: AES-GCM in the token/m, /^ {2}works +AES-GCM +CKM_AES_GCM +[\d.]+ ms +IV from the host$/m, /^ {2}refused +RSA-OAEP SHA-256 +CKM_RSA_PKCS_OAEP +CKR_ARGUMENTS_BAD$/m, /^ {2}RSA_2048 .+ without RSAES_OAEP_SHA_256$/m]) {
      expect(stdout).toMatch(line)
    }
  })

  it('knows it from then on, also as JSON', async () => {
    const { stdout } = await holdfast(around, 'hsm', 'profile', '--json')
    const profile = JSON.parse(stdout) as { at: string; checks: { id: string }[]; rung: number }
    expect(profile).toMatchObject({ rung: 1, gcmIv: 'host-iv', enforcement: { badge: 'software' } })
    expect(profile.checks.map(({ id }) => id)).toEqual(checkIds)
    const listed = JSON.parse((await holdfast(around, 'hsm', 'list', '--json')).stdout) as { members: unknown[] }
    expect(listed.members).toMatchObject([{ name: 'SoftHSM', profile: { at: profile.at, badge: 'software', holds: true } }])
  })

  it('says which members there are to who names none of them', async () => {
    const { code, stderr } = await holdfast(around, 'hsm', 'profile', 'Luna')
    expect(code).toBe(2)
    expect(stderr).toBe('holdfast: This vault has no HSM of that name: `holdfast hsm list` shows them. (USAGE)\n')
  })

  it('shows the libraries of the machine to everyone while no process has the vault open', async () => {
    const { code, stdout, stderr } = await holdfast({ ...around, passphraseFile: join(base, 'none') }, 'hsm', 'modules')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^NAME +STATE +TOKENS +SOURCE +LIBRARY\n/)
    expect(stdout).toMatch(/^SoftHSM +(answers|fails) +\d+ +(known|p11-kit) +\//m)
  })

  it('shows slots as JSON, with what their PINs say of themselves', async () => {
    const { code, stdout } = await holdfast(around, 'hsm', 'slots', '--json')
    expect(code).toBe(0)
    const { slots } = JSON.parse(stdout) as { slots: { pin: unknown }[] }
    for (const { pin } of slots) expect(pin).toEqual({ countLow: expect.any(Boolean) as unknown, finalTry: expect.any(Boolean) as unknown, locked: expect.any(Boolean) as unknown })
  })
})
