import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '#core/ports/store.ts'
import { RECORDS_A_CALL } from '#services/issued-data-keys.ts'
import { appendRecord, vaultEvent } from '#services/audit.ts'
import { createAmbient } from '#crypto/ambient.ts'
import { temporaryVault, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome } from './watched-ports.ts'

let vault: TemporaryVault
let store: Store
let first: { KeyId: string; Arn: string }
let second: { KeyId: string; Arn: string }

const ROOT = 'arn:aws:iam::441722089135:root'

beforeAll(async () => {
  vault = await temporaryVault({ home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
  first = (await vault.api.kms.CreateKey({})).KeyMetadata
  second = (await vault.api.kms.CreateKey({})).KeyMetadata
  await vault.api.kms.CreateAlias({ AliasName: 'alias/second', TargetKeyId: second.KeyId })
})

afterAll(() => vault[Symbol.asyncDispose]())

describe('the list of issued data keys', () => {
  it('is empty at first', async () => {
    expect(await vault.api.console.dataKeys({ limit: 10 })).toEqual({ rows: [] })
  })

  it('tells when, under which key and context, how long and for whom, newest first', async () => {
    await vault.api.kms.GenerateDataKey({ KeyId: first.KeyId, KeySpec: 'AES_256', EncryptionContext: { purpose: 'payroll', year: '2026' } })
    await vault.api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: 'alias/second', NumberOfBytes: 64 })
    const { rows, next } = await vault.api.console.dataKeys({ limit: 10 })
    expect(next).toBeUndefined()
    expect(rows).toEqual([
      { sequence: expect.any(Number), at: expect.any(Date), keyArn: second.Arn, context: {}, bytes: 64, withPlaintext: false, principal: ROOT },
      { sequence: expect.any(Number), at: expect.any(Date), keyArn: first.Arn, context: { purpose: 'payroll', year: '2026' }, spec: 'AES_256', withPlaintext: true, principal: ROOT },
    ])
    expect(rows[0]!.at.getTime()).toBeGreaterThanOrEqual(rows[1]!.at.getTime())
  })

  it('leaves out what was refused or only tried', async () => {
    const before = (await vault.api.console.dataKeys({ limit: 10 })).rows
    await expect(vault.api.kms.GenerateDataKey({ KeyId: 'alias/none', KeySpec: 'AES_256' })).rejects.toThrow()
    await expect(vault.api.kms.GenerateDataKey({ KeyId: first.KeyId, KeySpec: 'AES_256', DryRun: true })).rejects.toMatchObject({ code: 'DryRunOperationException' })
    await vault.api.kms.Encrypt({ KeyId: first.KeyId, Plaintext: new Uint8Array(1) })
    expect((await vault.api.console.dataKeys({ limit: 10 })).rows).toEqual(before)
  })

  it('can be of one key, by any of its names', async () => {
    const { rows } = await vault.api.console.dataKeys({ keyId: 'alias/second', limit: 10 })
    expect(rows.map(({ keyArn }) => keyArn)).toEqual([second.Arn])
    await expect(vault.api.console.dataKeys({ keyId: 'alias/none', limit: 10 })).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it('goes on where a page ended, without a gap and without an end that is not one', async () => {
    for (let i = 0; i < 5; i++) await vault.api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: first.KeyId, NumberOfBytes: i + 1 })
    const seen: (number | undefined)[] = []
    let before: number | undefined
    do {
      const page = await vault.api.console.dataKeys({ keyId: first.KeyId, limit: 2, ...(before === undefined ? {} : { before }) })
      seen.push(...page.rows.map(({ bytes }) => bytes))
      before = page.next
    } while (before !== undefined)
    expect(seen).toEqual([5, 4, 3, 2, 1, undefined])
  })

  it('looks at a bounded part of a long trail and says where to go on', async () => {
    const ambient = createAmbient()
    await store.write((tables) => {
      for (let i = 0; i < RECORDS_A_CALL + 500; i++) {
        appendRecord(ambient, tables, vaultEvent('Test', { principal: undefined, connection: vault.connection, scope: undefined, requestId: 'test' }))
      }
    })
    const newest = await vault.api.console.dataKeys({ limit: 200 })
    expect(newest.rows).toEqual([])
    expect(newest.next).toBeGreaterThan(0)
    const older = await vault.api.console.dataKeys({ limit: 200, before: newest.next! })
    expect(older.rows).toHaveLength(7)
    expect(older.next).toBeUndefined()
  })

  it('is on the record itself, without what it showed', async () => {
    await vault.api.console.dataKeys({ keyId: first.KeyId, limit: 1 })
    const [{ leaf } = { leaf: new Uint8Array() }] = store.read((tables) => tables.audit.latest(undefined, 1))
    expect(JSON.parse(new TextDecoder().decode(leaf))).toMatchObject({ eventName: 'ListIssuedDataKeys', requestParameters: { keyId: first.KeyId }, responseElements: null, readOnly: true })
  })

  it('is for those who are signed in', async () => {
    await expect(vault.connect().api.console.dataKeys({ limit: 1 })).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
  })
})
