import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Region } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { accessKeyRow, aliasRow, intentRow, keyRow, materialId, materialRow, memberPins, memberRow, otherScope, profile, scope, vaultRow } from './rows.ts'

/** What a suite needs of an adapter: a new empty store, and the same one closed and opened again. */
export interface StoreUnderTest {
  readonly store: Store
  reopen(key?: Secret): Promise<Store | undefined>
  dispose(): Promise<void>
}

/** Everything that the Store port promises, against any adapter. */
export function storeConformance(name: string, create: (key: Secret) => StoreUnderTest): void {
  describe(`${name} as a store`, () => {
    const key = Secret.own(new Uint8Array(32).fill(7))
    let subject: StoreUnderTest
    let store: Store
    beforeEach(() => {
      subject = create(key)
      store = subject.store
    })
    afterEach(() => subject.dispose())

    describe('tables', () => {
      it('give back the vault, its accounts and its slots, also after opening again', async () => {
        const slot = { slotId: 'b', principal: 'arn:aws:iam::123456789012:root', publicKey: new Uint8Array(32).fill(3) }
        await store.write(({ vault }) => {
          vault.put(vaultRow)
          vault.addAccount(otherScope)
          vault.addAccount(scope)
          vault.addAccount(scope)
          vault.putSlotKey(slot)
          vault.putSlotKey({ ...slot, slotId: 'a' })
        })
        await store.write(({ vault }) => { vault.put({ ...vaultRow, name: 'Renamed' }) })
        await store.write(({ vault }) => { vault.putSlotKey({ ...slot, publicKey: new Uint8Array(32).fill(4) }) })
        await store.write(({ vault }) => { vault.removeSlotKey('a') })
        store = (await subject.reopen()) ?? expect.unreachable()
        expect(store.read(({ vault }) => vault.get())).toEqual({ ...vaultRow, name: 'Renamed' })
        expect(store.read(({ vault }) => vault.accounts())).toEqual([scope, otherScope])
        expect(store.read(({ vault }) => vault.slotKeys())).toEqual([{ ...slot, publicKey: new Uint8Array(32).fill(4) }])
      })

      it('give back members with and without what is optional', async () => {
        const bare = { ...memberRow, parameters: 'x', softToken: false }
        const barePins = { pin: undefined, soPin: undefined, pendingPin: Uint8Array.of(0) }
        await store.write(({ members }) => { members.put(memberRow, memberPins) })
        expect(store.read(({ members }) => [members.get(memberRow.id), members.pins(memberRow.id)])).toEqual([memberRow, memberPins])
        await store.write(({ members }) => { members.put(bare, barePins) })
        expect(store.read(({ members }) => [members.list(), members.pins(memberRow.id)])).toEqual([[bare], barePins])
        expect(store.read(({ members }) => members.get(keyRow(99).id as never))).toBeUndefined()
      })

      it('give back the rung of a member as it was last set', async () => {
        await store.write(({ members }) => { members.put(memberRow, memberPins) })
        await store.write(({ members }) => { members.setRung(memberRow.id, 2) })
        expect(store.read(({ members }) => members.get(memberRow.id))).toEqual({ ...memberRow, rung: 2 })
      })

      it('give back profiles by what they hold for, and the newest of a token', async () => {
        const older = { ...profile, identity: { ...profile.identity, firmware: '1.0' }, at: profile.at - 1 }
        await store.write(({ profiles }) => {
          profiles.put(profile)
          profiles.put(older)
        })
        store = (await subject.reopen()) ?? expect.unreachable()
        expect(store.read(({ profiles }) => profiles.get(profile.identity))).toEqual(profile)
        expect(store.read(({ profiles }) => profiles.get(older.identity))).toEqual(older)
        expect(store.read(({ profiles }) => profiles.latest(profile.identity.serial))).toEqual(profile)
        expect(store.read(({ profiles }) => profiles.get({ ...profile.identity, moduleHash: 'b'.repeat(64) }))).toBeUndefined()
        expect(store.read(({ profiles }) => profiles.latest('another'))).toBeUndefined()
      })

      it('keep one profile of one token, library and firmware', async () => {
        const again = { ...profile, at: profile.at + 1, results: { 'aes-gcm': { outcome: 'crash', detail: 'its process ended (SIGSEGV)' } } } as const
        await store.write(({ profiles }) => { profiles.put(profile) })
        await store.write(({ profiles }) => { profiles.put(again) })
        expect(store.read(({ profiles }) => profiles.get(profile.identity))).toEqual(again)
      })

      it('take a part of a larger buffer for exactly that part', async () => {
        const whole = Uint8Array.of(9, 9, 1, 2, 3, 9)
        await store.write(({ members }) => { members.put(memberRow, { ...memberPins, pin: whole.subarray(2, 5) }) })
        expect(store.read(({ members }) => members.pins(memberRow.id)?.pin)).toEqual(Uint8Array.of(1, 2, 3))
      })

      it('give back keys with tags in their order and the last use', async () => {
        await store.write(({ keys }) => { keys.insert(keyRow(1)) })
        expect(store.read(({ keys }) => keys.get(keyRow(1)))).toEqual(keyRow(1))
        expect(store.read(({ keys }) => keys.tags(keyRow(1)))).toEqual(keyRow(1).tags)
        await store.write(({ keys }) => {
          keys.setState(keyRow(1), 'Disabled')
          keys.setLastUsed(keyRow(1), { operation: 'Encrypt', at: 10, eventId: 'a', requestId: 'b' })
          keys.setLastUsed(keyRow(1), { operation: 'Decrypt', at: 11, eventId: 'c', requestId: 'd' })
        })
        const changed = keyRow(1, { state: 'Disabled', lastUsed: { operation: 'Decrypt', at: 11, eventId: 'c', requestId: 'd' } })
        expect(store.read(({ keys }) => keys.get(keyRow(1)))).toEqual(changed)
        expect(store.read(({ keys }) => keys.get(keyRow(2)))).toBeUndefined()
      })

      it('change what is said about a key, and nothing else', async () => {
        const key = keyRow(1)
        await store.write(({ keys }) => { keys.insert(keyRow(1)) })
        await store.write(({ keys }) => {
          keys.setDescription(key, 'new')
          keys.setPolicy(key, '{}')
          keys.setTags(key, [{ TagKey: 'only', TagValue: 'one' }])
          keys.setRotation(key, { periodDays: 90, nextAt: 1_000 })
          keys.setCurrentMaterial(key.id, materialRow(2).id)
          keys.setDeletesAt(key, 2_000)
          keys.setPendingWindow(key, 7)
          keys.setMultiRegion(key, 'PRIMARY')
        })
        const changed = { description: 'new', policy: '{}', tags: [{ TagKey: 'only', TagValue: 'one' }], rotation: { periodDays: 90, nextAt: 1_000 }, currentMaterial: materialRow(2).id, deletesAt: 2_000, pendingWindow: 7, multiRegion: 'PRIMARY' } as const
        expect(store.read(({ keys }) => keys.get(key))).toEqual(keyRow(1, changed))
        await store.write(({ keys }) => {
          keys.setRotation(key, undefined)
          keys.setDeletesAt(key, undefined)
          keys.setPendingWindow(key, undefined)
        })
        expect(store.read(({ keys }) => keys.get(key))).toEqual(keyRow(1, { ...changed, rotation: undefined, deletesAt: undefined, pendingWindow: undefined }))
      })

      it('hold related keys of one id in several Regions, each with what is its own, over the same material', async () => {
        const primary = keyRow(1, { multiRegion: 'PRIMARY' })
        const replica = keyRow(1, { region: 'elsewhere' as Region, multiRegion: 'REPLICA', tags: [], description: 'replica' })
        await store.write((tables) => {
          tables.members.put(memberRow, memberPins)
          tables.keys.insert(replica)
          tables.keys.insert(primary)
          tables.keys.insert(keyRow(2))
          tables.materials.insert(materialRow(1))
          tables.aliases.insert(aliasRow(1, 'alias/a'))
          tables.keys.setLastUsed(replica, { operation: 'Encrypt', at: 1, eventId: 'a', requestId: 'b' })
          tables.keys.setState(replica, 'Disabled')
          tables.keys.setCurrentMaterial(primary.id, materialRow(2).id)
        })
        const both = { currentMaterial: materialRow(2).id }
        const used = { operation: 'Encrypt', at: 1, eventId: 'a', requestId: 'b' }
        expect(store.read(({ keys }) => keys.related(primary.id))).toEqual([{ ...primary, ...both }, { ...replica, ...both, state: 'Disabled', lastUsed: used }])
        expect(store.read(({ aliases }) => [aliases.countOfKey(primary), aliases.countOfKey(replica)])).toEqual([1, 0])
        await store.write(({ keys }) => { keys.remove(replica) })
        expect(store.read(({ keys }) => keys.related(primary.id))).toEqual([{ ...primary, ...both }])
        await expect(store.write(({ keys }) => { keys.remove(primary) })).rejects.toThrow()
        await expect(store.write(({ materials }) => { materials.insert(materialRow(3)) })).rejects.toThrow()
      })

      it('tell what is due, the longest overdue first', async () => {
        await store.write(({ keys }) => {
          keys.insert(keyRow(1, { rotation: { periodDays: 90, nextAt: 300 } }))
          keys.insert(keyRow(2, { rotation: { periodDays: 90, nextAt: 100 }, deletesAt: 250 }))
          keys.insert(keyRow(3, { deletesAt: 200 }))
        })
        const due = (now: number) => store.read(({ keys }) => [keys.dueForRotation(now).map((key) => key.id), keys.dueForDeletion(now).map((key) => key.id)])
        const [one, two, three] = [keyRow(1).id, keyRow(2).id, keyRow(3).id]
        expect(due(99)).toEqual([[], []])
        expect(due(200)).toEqual([[two], [three]])
        expect(due(300)).toEqual([[two, one], [three, two]])
      })

      it('take a key out with all that belongs to it, once its material is gone', async () => {
        await store.write((tables) => {
          tables.members.put(memberRow, memberPins)
          tables.keys.insert(keyRow(1, { lastUsed: { operation: 'Encrypt', at: 1, eventId: '', requestId: '' } }))
          tables.materials.insert(materialRow(1))
          tables.aliases.insert(aliasRow(1, 'alias/a'))
          tables.deletions.addRunningTime(keyRow(1), 0)
          tables.deletions.addRunningTime(keyRow(1), 1_500)
        })
        expect(store.read(({ deletions }) => deletions.runningTime(keyRow(1)))).toBe(1_500)
        await expect(store.write(({ keys }) => { keys.remove(keyRow(1)) })).rejects.toThrow()
        const tombstone = { materialId: materialRow(1).id, keyId: keyRow(1).id, keyArn: 'arn', memberId: memberRow.id, ckaId: materialRow(1).ckaId, destroyedAt: 9 }
        await store.write((tables) => {
          tables.materials.remove(materialRow(1).id)
          tables.deletions.addTombstone(tombstone)
          tables.deletions.forget(keyRow(1))
          tables.keys.remove(keyRow(1))
        })
        expect(store.read((tables) => [tables.keys.get(keyRow(1)), tables.materials.get(materialRow(1).id), tables.aliases.countOfKey(keyRow(1))])).toEqual([undefined, undefined, 0])
        expect(store.read(({ deletions }) => deletions.tombstones())).toEqual([tombstone])
      })

      it('keep the latest clock seen, which goes back only when it is set', async () => {
        const seen = () => store.read(({ deletions }) => deletions.lastSeen())
        expect(seen()).toBe(0)
        await store.write(({ deletions }) => {
          deletions.see(2_000)
          deletions.see(1_000)
        })
        expect(seen()).toBe(2_000)
        await store.write(({ deletions }) => { deletions.setSeen(1_000) })
        expect(seen()).toBe(1_000)
      })

      it('page through the keys of one account and Region in order of id', async () => {
        await store.write(({ keys }) => {
          for (const n of [5, 1, 4, 2]) keys.insert(keyRow(n))
          keys.insert(keyRow(3, otherScope))
        })
        const page = (after: number | undefined, limit: number) =>
          store.read(({ keys }) => keys.page(scope, after === undefined ? undefined : keyRow(after).id, limit))
        expect(page(undefined, 3)).toEqual([keyRow(1), keyRow(2), keyRow(4)])
        expect(page(4, 3)).toEqual([keyRow(5)])
        expect(page(5, 3)).toEqual([])
        expect(store.read(({ keys }) => [keys.count(scope), keys.count(otherScope)])).toEqual([4, 1])
      })

      it('give back materials, and add reservations beyond 2^32', async () => {
        await store.write(({ members, keys, materials }) => {
          members.put(memberRow, memberPins)
          keys.insert(keyRow(1))
          materials.insert(materialRow(1))
          materials.insert(materialRow(2, { keyId: keyRow(1).id, checkValue: undefined, kind: 'hmac-256', rung: 2 }))
        })
        expect(store.read(({ materials }) => materials.get(materialId(1)))).toEqual(materialRow(1))
        expect(store.read(({ materials }) => materials.ofKey(keyRow(1).id).map((row) => row.id))).toEqual([materialId(1), materialId(2)])
        expect(await store.write(({ materials }) => materials.reserve(materialId(1), 2 ** 16))).toBe(2 ** 16)
        expect(await store.write(({ materials }) => materials.reserve(materialId(1), 2 ** 33))).toBe(2 ** 33 + 2 ** 16)
        expect(store.read(({ materials }) => materials.get(materialId(1))?.reserved)).toBe(2 ** 33 + 2 ** 16)
      })

      it('page through aliases in order of name, of all keys or of one', async () => {
        await store.write(({ keys, aliases }) => {
          keys.insert(keyRow(1))
          keys.insert(keyRow(2))
          for (const name of ['alias/b', 'alias/a', 'alias/Z']) aliases.insert(aliasRow(1, name))
          aliases.insert(aliasRow(2, 'alias/c'))
          aliases.insert(aliasRow(2, 'alias/a', otherScope))
        })
        const names = (key: number | undefined, after: string | undefined, limit: number) =>
          store.read(({ aliases }) => aliases.page(scope, key === undefined ? undefined : keyRow(key).id, after as never, limit).map((row) => row.name))
        expect(names(undefined, undefined, 9)).toEqual(['alias/Z', 'alias/a', 'alias/b', 'alias/c'])
        expect(names(undefined, 'alias/a', 1)).toEqual(['alias/b'])
        expect(names(1, 'alias/Z', 9)).toEqual(['alias/a', 'alias/b'])
        expect(store.read(({ aliases }) => aliases.get(scope, aliasRow(1, 'alias/a').name))).toEqual(aliasRow(1, 'alias/a'))
        expect(store.read(({ aliases }) => aliases.countOfKey(keyRow(1)))).toBe(3)
        const remove = (): Promise<boolean> => store.write(({ aliases }) => aliases.remove(scope, aliasRow(1, 'alias/a').name))
        expect([await remove(), await remove()]).toEqual([true, false])
      })

      it('know which accounts are declared in which Region', async () => {
        await store.write(({ vault }) => { vault.addAccount(scope) })
        expect(store.read(({ vault }) => [vault.declares(scope), vault.declares(otherScope), vault.declares({ ...scope, region: 'lab' as never })])).toEqual([true, false, false])
      })

      it('hold access keys, and their secrets apart from what lists them', async () => {
        const secret = Uint8Array.of(1, 2, 3)
        await store.write(({ accessKeys }) => {
          accessKeys.insert(accessKeyRow('AKIAB', { createdAt: 2 }), secret)
          accessKeys.insert(accessKeyRow('AKIAA', { createdAt: 2, active: false }), Uint8Array.of(9))
          accessKeys.insert(accessKeyRow('AKIAC', { createdAt: 1, usedAt: 7 }), Uint8Array.of(8))
        })
        expect(store.read(({ accessKeys }) => accessKeys.list())).toEqual([
          accessKeyRow('AKIAC', { createdAt: 1, usedAt: 7 }),
          accessKeyRow('AKIAA', { createdAt: 2, active: false }),
          accessKeyRow('AKIAB', { createdAt: 2 }),
        ])
        const { id } = accessKeyRow('AKIAB')
        expect(store.read(({ accessKeys }) => accessKeys.secret(id))).toEqual(secret)
        expect(await store.write(({ accessKeys }) => accessKeys.setActive(id, false))).toBe(true)
        await store.write(({ accessKeys }) => { accessKeys.setUsed(id, 100) })
        expect(store.read(({ accessKeys }) => accessKeys.get(id))).toEqual(accessKeyRow('AKIAB', { createdAt: 2, active: false, usedAt: 100 }))
        const remove = (): Promise<boolean> => store.write(({ accessKeys }) => accessKeys.remove(id))
        expect([await remove(), await remove()]).toEqual([true, false])
        expect(store.read(({ accessKeys }) => [accessKeys.get(id), accessKeys.secret(id)])).toEqual([undefined, undefined])
        expect(await store.write(({ accessKeys }) => accessKeys.setActive(id, true))).toBe(false)
        await expect(store.write(({ accessKeys }) => { accessKeys.insert(accessKeyRow('AKIAC'), secret) })).rejects.toMatchObject({ code: 'STORE_FAILED' })
      })

      it('hold one certificate in each role, the newer in place of the older', async () => {
        const row = (n: number) => ({ privateKey: Uint8Array.of(n), certificate: Uint8Array.of(n, n), endsAt: n })
        await store.write(({ certificates }) => { [1, 2].forEach((n) => { certificates.put('server', row(n)) }) })
        expect(store.read(({ certificates }) => [certificates.get('server'), certificates.get('authority')])).toEqual([row(2), undefined])
      })

      it('hold intents before their keys exist, until they are removed', async () => {
        await store.write(({ intents }) => { [2, 1].forEach((n) => { intents.insert(intentRow(n)) }) })
        expect(store.read(({ intents }) => intents.list())).toEqual([intentRow(2), intentRow(1)])
        expect(store.read(({ intents }) => intents.ofKey(intentRow(1).keyId))).toEqual([intentRow(1)])
        await store.write(({ intents }) => { intents.remove('intent-2') })
        expect(store.read(({ intents }) => intents.list())).toEqual([intentRow(1)])
      })

      it('hold audit leaves byte by byte, without gaps, forwards and backwards', async () => {
        const leaf = (n: number): Uint8Array => Uint8Array.of(n, 0, 255)
        await store.write(({ audit }) => { for (let n = 0; n < 5; n++) audit.append(audit.next(), leaf(n)) })
        const record = (sequence: number) => ({ sequence, leaf: leaf(sequence) })
        expect(store.read(({ audit }) => audit.next())).toBe(5)
        expect(store.read(({ audit }) => audit.page(1, 2))).toEqual([record(1), record(2)])
        expect(store.read(({ audit }) => audit.latest(undefined, 2))).toEqual([record(4), record(3)])
        expect(store.read(({ audit }) => audit.latest(1, 9))).toEqual([record(0)])
        await expect(store.write(({ audit }) => { audit.append(7, leaf(7)) })).rejects.toThrow(/gap/)
      })
    })

    describe('writes', () => {
      const append = (n: number) => store.write(({ audit }) => {
        const sequence = audit.next()
        audit.append(sequence, Uint8Array.of(n))
        return sequence
      })

      it('happen in order of arrival', async () => {
        expect(await Promise.all([1, 2, 3].map(append))).toEqual([0, 1, 2])
        expect(store.read(({ audit }) => audit.page(0, 9).map(({ leaf }) => leaf[0]))).toEqual([1, 2, 3])
      })

      it('roll back alone when they throw, and reject with what they threw', async () => {
        const refusal = new VaultError('NotFoundException', { text: 'no such key' })
        const failing = store.write(({ audit, intents }) => {
          audit.append(audit.next(), Uint8Array.of(9))
          intents.insert(intentRow(9))
          throw refusal
        })
        const results = await Promise.allSettled([append(1), failing, append(2)])
        expect(results).toEqual([{ status: 'fulfilled', value: 0 }, { status: 'rejected', reason: refusal }, { status: 'fulfilled', value: 1 }])
        expect(store.read(({ intents }) => intents.list())).toEqual([])
      })

      it('reject a broken rule of the database alone, as STORE_FAILED, without naming values', async () => {
        const twice = store.write(({ intents }) => { [1, 1].forEach((n) => { intents.insert(intentRow(n)) }) })
        const results = await Promise.allSettled([append(1), twice, append(2)])
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        await expect(twice).rejects.toMatchObject({ code: 'STORE_FAILED', details: { reason: expect.not.stringContaining('intent-1') as string } })
      })

      it('refuse a material without its key, and a key twice', async () => {
        await store.write(({ members, keys }) => { members.put(memberRow, memberPins); keys.insert(keyRow(1)) })
        await expect(store.write(({ materials }) => { materials.insert(materialRow(5)) })).rejects.toMatchObject({ code: 'STORE_FAILED' })
        await expect(store.write(({ keys }) => { keys.insert(keyRow(1)) })).rejects.toMatchObject({ code: 'STORE_FAILED' })
      })

      it('can be many', async () => {
        const sequences = await Promise.all(Array.from({ length: 2000 }, (_, n) => append(n % 256)))
        expect(sequences).toEqual(Array.from({ length: 2000 }, (_, n) => n))
      })

      it('are seen by no read before they are durable', async () => {
        const writing = append(1)
        expect(store.read(({ audit }) => audit.next())).toBe(0)
        await writing
        expect(store.read(({ audit }) => audit.next())).toBe(1)
      })

      it('happen nowhere else: a change within a read is our own fault', () => {
        expect(() => { store.read(({ vault }) => { vault.put(vaultRow) }) }).toThrow(/outside a write/)
      })

      it('must be synchronous', async () => {
        await expect(store.write(async ({ audit }) => { audit.append(0, Uint8Array.of(1)); await Promise.resolve() })).rejects.toThrow(/asynchronous/)
        expect(store.read(({ audit }) => audit.next())).toBe(0)
      })
    })

    describe('closing', () => {
      it('waits for what is under way', async () => {
        const writing = store.write(({ audit }) => { audit.append(0, Uint8Array.of(1)) })
        await store.close()
        await writing
        store = (await subject.reopen()) ?? expect.unreachable()
        expect(store.read(({ audit }) => audit.next())).toBe(1)
      })

      it('may happen twice, and refuses everything afterwards', async () => {
        await store.close()
        await store.close()
        expect(() => store.read(({ audit }) => audit.next())).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
        await expect(store.write(() => 1)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      })
    })

    describe('another key', () => {
      const next = Secret.own(new Uint8Array(32).fill(8))

      it('opens the store after a rekey, alone, with everything in it', async () => {
        await store.write(({ vault }) => { vault.put(vaultRow) })
        const during = store.write(({ audit }) => { audit.append(0, Uint8Array.of(1)) })
        await store.rekey(next)
        await during
        await store.write(({ audit }) => { audit.append(1, Uint8Array.of(2)) })
        expect(await subject.reopen(key)).toBeUndefined()
        store = (await subject.reopen(next)) ?? expect.unreachable()
        expect(store.read(({ vault, audit }) => [vault.get(), audit.next()])).toEqual([vaultRow, 2])
      })

      it('is copied: the caller may wipe its own', async () => {
        const mine = Secret.copy(next.bytes)
        await store.rekey(mine)
        mine.wipe()
        await store.rekey(key)
        expect(await subject.reopen(key)).toBeDefined()
      })
    })
  })
}
