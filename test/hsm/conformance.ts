import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hsm, HsmMember, MaterialKind, MemberConfig } from '#core/ports/hsm.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { sealingChecks } from '#core/tokens/checks.ts'
import { testOwner } from './owner.ts'

/** An initialised token that the suite may fill and empty. */
export interface TokenUnderTest {
  readonly hsm: Hsm
  readonly config: MemberConfig
  readonly pin: string
  dispose(): Promise<void>
}

/** What every token that Holdfast uses must do, whoever made it. Add a token by a test file that calls this with it. */
export function conformance(name: string, make: () => Promise<TokenUnderTest>): void {
  describe(`the Hsm port on ${name}`, () => {
    let token: TokenUnderTest
    let member: HsmMember
    const owner = () => testOwner(token.pin)

    beforeAll(async () => {
      token = await make()
      member = token.hsm.member(token.config, owner())
      await member.open()
    })

    afterAll(async () => {
      await member.close()
      await token.dispose()
    })

    async function withKey(kind: MaterialKind, use: (ckaId: Uint8Array, label: string) => Promise<void>): Promise<void> {
      const ckaId = randomBytes(32)
      const label = `holdfast:test:${ckaId.toString('hex')}`
      await member.session.generateKey({ kind, ckaId, label })
      try {
        await use(ckaId, label)
      } finally {
        await member.session.destroyKey({ ckaId, label })
      }
    }

    it('shows the token without a login', async () => {
      const shown = await token.hsm.tokens(token.config.module)
      const facts = shown.find(({ serial }) => serial === token.config.serial)
      expect(facts).toMatchObject({ initialised: true, pin: { locked: false } })
      expect(facts?.mechanisms).toBeGreaterThan(0)
      expect(facts?.library.path).toMatch(/^[/A-Z]/)
      expect(facts?.label).toBe(facts?.label.trim())
    })

    it('is ready with the facts of its token', () => {
      expect(member.status).toMatchObject({ state: 'ready', token: { serial: token.config.serial } })
    })

    describe.each(['aes-256', 'hmac-256'] as const)('a key of kind %s', (kind) => {
      it('is made as asked and found again by its id', async () => {
        await withKey(kind, async (ckaId, label) => {
          const found = await member.session.findKey(ckaId)
          expect(found).toEqual({ ckaId: Uint8Array.from(ckaId), label, kind, intact: true, checkValue: found?.checkValue })
          expect(found?.checkValue?.length ?? 16).toBe(16)
        })
      })

      it('has a check value of its own that does not change', async () => {
        await withKey(kind, async (ckaId) => {
          await withKey(kind, async (other) => {
            const first = await member.session.findKey(ckaId)
            const again = await member.session.findKey(ckaId)
            const others = await member.session.findKey(other)
            expect(again?.checkValue).toEqual(first?.checkValue)
            if (first?.checkValue !== undefined) expect(others?.checkValue).not.toEqual(first.checkValue)
          })
        })
      })

      it('is found by the beginning of its label, with the others that share it', async () => {
        await withKey(kind, async (ckaId, label) => {
          await withKey(kind, async (other) => {
            const all = (await member.session.findKeys('holdfast:test:')).map((key) => Buffer.from(key.ckaId).toString('hex'))
            expect(all).toEqual(expect.arrayContaining([ckaId, other].map((id) => Buffer.from(id).toString('hex'))))
            expect(await member.session.findKeys(label)).toHaveLength(1)
            expect(await member.session.findKeys('holdfast:nobody:')).toEqual([])
          })
        })
      })

      it('is not destroyed under another label', async () => {
        await withKey(kind, async (ckaId, label) => {
          expect(await member.session.destroyKey({ ckaId, label: 'holdfast:test:another' })).toBe(false)
          expect(await member.session.findKey(ckaId)).toMatchObject({ label })
        })
      })

      it('is gone once it is destroyed', async () => {
        const ckaId = randomBytes(32)
        const label = 'holdfast:test:doomed'
        await member.session.generateKey({ kind, ckaId, label })
        expect(await member.session.destroyKey({ ckaId, label })).toBe(true)
        expect(await member.session.findKey(ckaId)).toBeUndefined()
        expect(await member.session.destroyKey({ ckaId, label })).toBe(false)
        const used = kind === 'aes-256' ? member.session.encrypt(message(ckaId)) : member.session.mac({ ckaId, data: randomBytes(8) })
        await expect(used).rejects.toMatchObject({ code: 'MATERIAL_MISSING' })
      })

      it('survives the end of the member', async () => {
        await withKey(kind, async (ckaId, label) => {
          await member.close()
          await member.open()
          expect(await member.session.findKey(ckaId)).toMatchObject({ label, kind, intact: true })
        })
      })
    })

    it('shows the attributes of an object as the token answers them, and never its value', async () => {
      const key = { kind: 'aes-256', ckaId: randomBytes(16), label: 'holdfast:test:attributes' } as const
      await member.session.generateKey(key)
      try {
        const [object, ...more] = await member.session.attributes(key.ckaId)
        expect([object?.class, more]).toEqual(['secret', []])
        const shown = Object.fromEntries(object!.attributes.map(({ name, value }) => [name, value && Buffer.from(value).toString('hex')]))
        expect(shown).toMatchObject({ CKA_SENSITIVE: '01', CKA_EXTRACTABLE: '00', CKA_ID: Buffer.from(key.ckaId).toString('hex'), CKA_LABEL: Buffer.from(key.label).toString('hex') })
        expect(Object.keys(shown)).not.toContain('CKA_VALUE')
        expect(await member.session.attributes(randomBytes(16))).toEqual([])
      } finally {
        await member.session.destroyKey(key)
      }
    })

    describe('AES-GCM', () => {
      it.each([0, 1, 15, 16, 17, 32, 4096])('opens what it sealed, at %i bytes', async (length) => {
        await withKey('aes-256', async (ckaId) => {
          const given = message(ckaId, length)
          const made = await member.session.encrypt(given)
          expect(made.sealed).toHaveLength(length + 16)
          expect(made.iv).toHaveLength(12)
          const opened = await member.session.decrypt({ ckaId, iv: made.iv, aad: given.aad, sealed: made.sealed })
          expect(opened).toEqual(Uint8Array.from(given.plaintext))
        })
      })

      it('takes no AAD at all', async () => {
        await withKey('aes-256', async (ckaId) => {
          const given = { ...message(ckaId), aad: new Uint8Array(0) }
          const made = await member.session.encrypt(given)
          expect(await member.session.decrypt({ ckaId, ...made, aad: given.aad })).toEqual(Uint8Array.from(given.plaintext))
        })
      })

      it('is undefined for another AAD, tag, IV, key, or less than a tag, and goes on', async () => {
        await withKey('aes-256', async (ckaId) => {
          await withKey('aes-256', async (other) => {
            const { aad, ...given } = message(ckaId)
            const { iv, sealed } = await member.session.encrypt({ ...given, aad })
            const open = (changed: Partial<Parameters<typeof member.session.decrypt>[0]>) =>
              member.session.decrypt({ ckaId, iv, aad, sealed, ...changed })
            expect(await open({ aad: randomBytes(32) })).toBeUndefined()
            expect(await open({ sealed: flipped(sealed, sealed.length - 1) })).toBeUndefined()
            expect(await open({ sealed: flipped(sealed, 0) })).toBeUndefined()
            expect(await open({ iv: randomBytes(12) })).toBeUndefined()
            expect(await open({ ckaId: other })).toBeUndefined()
            expect(await open({ sealed: sealed.subarray(0, 15) })).toBeUndefined()
            expect(await open({ sealed: new Uint8Array(0) })).toBeUndefined()
            expect(await open({})).toEqual(Uint8Array.from(given.plaintext))
          })
        })
      })

      it('seals random bytes and hands them out', async () => {
        await withKey('aes-256', async (ckaId) => {
          const { iv, aad } = message(ckaId)
          const made = await member.session.encryptRandom({ ckaId, iv, aad, length: 32 })
          expect(made.plaintext).toHaveLength(32)
          expect(await member.session.decrypt({ ckaId, iv: made.iv, aad, sealed: made.sealed })).toEqual(made.plaintext)
          const another = await member.session.encryptRandom({ ckaId, iv: randomBytes(12), aad, length: 32 })
          expect(another.plaintext).not.toEqual(made.plaintext)
        })
      })
    })

    it('computes the same HMAC for the same data only', async () => {
      await withKey('hmac-256', async (ckaId) => {
        const data = randomBytes(100)
        const mac = await member.session.mac({ ckaId, data })
        expect(mac).toHaveLength(32)
        expect(await member.session.mac({ ckaId, data })).toEqual(mac)
        expect(await member.session.mac({ ckaId, data: flipped(data, 0) })).not.toEqual(mac)
        expect(await member.session.mac({ ckaId, data: new Uint8Array(0) })).toHaveLength(32)
      })
    })

    it('gives random bytes, each time others', async () => {
      const [first, second] = [await member.session.random(32), await member.session.random(32)]
      expect(first).toHaveLength(32)
      expect(second).not.toEqual(first)
    })

    it('seals by AES-GCM or by HMAC, and leaves nothing on the token when it tries them out', async () => {
      const before = await member.session.findKeys('')
      const { facts, results } = await member.tryOut(sealingChecks)
      expect(facts.serial).toBe(token.config.serial)
      expect(chooseRung(results)).toBeDefined()
      expect(await member.session.findKeys('')).toEqual(before)
    })

    it('serves 128 callers at once, to each its own', async () => {
      await withKey('aes-256', async (ckaId) => {
        await Promise.all(
          Array.from({ length: 128 }, async (_, i) => {
            const given = message(ckaId, i)
            const made = await member.session.encrypt(given)
            expect(await member.session.decrypt({ ckaId, ...made, aad: given.aad })).toEqual(Uint8Array.from(given.plaintext))
          }),
        )
      })
    })
  })
}

function message(ckaId: Uint8Array, length = 32): { ckaId: Uint8Array; iv: Uint8Array; aad: Uint8Array; plaintext: Uint8Array } {
  return { ckaId, iv: randomBytes(12), aad: randomBytes(32), plaintext: randomBytes(length) }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
