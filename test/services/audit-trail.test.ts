import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCheckpoint } from '#core/audit/checkpoint.ts'
import type { Store } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { AuditFilter, AuditRowView, TrailKeyView } from '#contract/audit.ts'
import { HOUR, movableClocks } from './clocks.ts'
import { temporaryVault, type TemporaryVault } from './temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from './watched-ports.ts'

describe('a search', () => {
  let vault: TemporaryVault
  const keys: string[] = []
  let all: AuditRowView[] = []
  const contexts = new Map<number, Record<string, string>>()

  beforeAll(async () => {
    vault = await temporaryVault()
    const { kms, audit } = vault.api
    for (let i = 0; i < 3; i++) keys.push((await kms.CreateKey({ Description: `key number ${i}` })).KeyMetadata.KeyId)
    // More than two blocks, with what is rare in one and frequent in the other.
    for (let i = 0; i < 620; i++) {
      const KeyId = keys[i % 3] ?? ''
      if (i % 7 === 0) await kms.Encrypt({ KeyId, Plaintext: new Uint8Array(1), EncryptionContext: { tenant: `t${i % 5}`, part: i < 300 ? 'first' : 'second' } })
      else if (i % 11 === 0) await kms.Encrypt({ KeyId: 'alias/none', Plaintext: new Uint8Array(1) }).catch(() => undefined)
      else await kms.GenerateRandom({ NumberOfBytes: 1 })
    }
    for (let before: number | undefined; ;) {
      const page: { rows: AuditRowView[]; next?: number | undefined } = await audit.list({ limit: 500, ...(before === undefined ? {} : { before }) })
      all.push(...page.rows)
      before = page.next
      if (before === undefined) break
    }
    // What came in while it was read is not of it.
    const newest = all.findIndex(({ operation }) => operation === 'GenerateRandom')
    all = all.slice(newest)
    for (const { sequence } of all) {
      const event = JSON.parse((await audit.record({ sequence })).event) as { requestParameters?: { encryptionContext?: Record<string, string> } | null }
      contexts.set(sequence, event.requestParameters?.encryptionContext ?? {})
    }
  })
  afterAll(() => vault[Symbol.asyncDispose]())

  /** The same again, by looking at every record. */
  function naive(filter: AuditFilter): number[] {
    return all
      .filter(({ sequence, operation, keys: arns, failure, at }) =>
        (filter.operation === undefined || operation === filter.operation) &&
        (filter.key === undefined || arns.some((arn) => arn.endsWith(filter.key ?? ''))) &&
        (filter.outcome === undefined || (filter.outcome === 'ok' ? failure === undefined : filter.outcome === 'failed' ? failure !== undefined : failure === filter.outcome)) &&
        Object.entries(filter.context ?? {}).every(([name, value]) => contexts.get(sequence)?.[name] === value) &&
        (filter.from === undefined || at >= filter.from) && (filter.to === undefined || at < filter.to))
      .map(({ sequence }) => sequence)
  }

  it('finds exactly the records that every part of the filter names, page after page, and counts them', async () => {
    const times = all.map(({ at }) => at)
    const part = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })
    const filters = fc.record({
      operation: part(['Encrypt', 'GenerateRandom', 'CreateKey', 'Decrypt']),
      key: part(keys),
      outcome: part(['ok', 'failed', 'NotFoundException']),
      context: part([{ tenant: 't1' }, { tenant: 't2', part: 'second' }, { part: 'first' }]),
      from: part([times[50], times[400]].filter((at) => at !== undefined)),
      to: part([times[10], times[300]].filter((at) => at !== undefined)),
    })
    const newest = all[0]?.sequence ?? 0
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom(7, 50, 500), async (drawn, limit) => {
        const filter = Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)) as AuditFilter
        const found: number[] = []
        for (let before: number | undefined = newest + 1; before !== undefined;) {
          const page: { rows: AuditRowView[]; next?: number | undefined } = await vault.api.audit.list({ ...filter, before, limit })
          found.push(...page.rows.map(({ sequence }) => sequence))
          before = page.next
        }
        expect(found).toEqual(naive(filter))
        if (filter.operation === 'Encrypt' || filter.key !== undefined) expect((await vault.api.audit.list({ ...filter, limit: 1, count: true })).total).toBe(naive(filter).length)
      }),
      { numRuns: 60 },
    )
  })

  it('finds whole words, and records by their ids', async () => {
    expect((await vault.api.audit.list({ text: 'NUMBER 2', limit: 10 })).rows.map(({ operation }) => operation)).toContain('CreateKey')
    const { event } = await vault.api.audit.record({ sequence: 100 })
    const { requestID } = JSON.parse(event) as { requestID: string }
    expect((await vault.api.audit.list({ text: requestID, operation: 'GenerateRandom', limit: 10 })).rows.length + (await vault.api.audit.list({ text: requestID, operation: 'Encrypt', limit: 10 })).rows.length).toBe(1)
    expect((await vault.api.audit.list({ text: 'umber', limit: 10 })).rows.filter(({ operation }) => operation === 'CreateKey')).toEqual([])
  })

  it('refuses an alias that is none', async () => {
    await expect(vault.api.audit.list({ key: 'alias/none', limit: 1 })).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it('counts calls by day, and tells the last use of a key', async () => {
    const { days, last } = await vault.api.audit.usage({ days: 3, keyId: keys[0] ?? '' })
    expect(days).toHaveLength(3)
    expect(days.reduce((sum, { calls }) => sum + calls, 0)).toBe(naive({ key: keys[0] ?? '' }).length)
    expect(last).toMatchObject({ operation: 'Encrypt', principal: 'arn:aws:iam::441722089135:root' })
  })
})

describe('the key that signs checkpoints', () => {
  it.each<[string, string[], TrailKeyView['algorithm']]>([
    ['is Ed25519 where the token has it', [], 'ed25519'],
    ['else ECDSA P-256', ['ed25519-sign'], 'ecdsa-p256'],
    ['else RSA-PSS', ['ed25519-sign', 'p256-sign'], 'rsa-pss-2048'],
  ])('%s', async (_, unsupported, algorithm) => {
    const kinds: string[] = []
    await using vault = await temporaryVault({ hsm: withoutKinds(unsupported, kinds) })
    const { note, size } = await vault.api.audit.checkpoint({})
    const { keys } = await vault.api.audit.keys({})
    expect(keys.map((key) => key.algorithm)).toEqual([algorithm])
    expect(parseCheckpoint(note)?.checkpoint.size).toBe(size)
    const stream = await vault.api.audit.verify({ checkpoints: [note] })
    let next = await stream.next()
    while (next.done !== true) next = await stream.next()
    expect(next.value).toMatchObject({ ok: true, outside: [{ verdict: 'holds' }] })
  })

  it('is nobody’s key: in no list, made through the journal once, and recorded', async () => {
    await using vault = await temporaryVault()
    const [a, b] = await Promise.all([vault.api.audit.checkpoint({}), vault.api.audit.checkpoint({})])
    expect((await vault.api.audit.keys({})).keys).toHaveLength(1)
    expect([a.size > 0, b.size > 0]).toEqual([true, true])
    expect((await vault.api.kms.ListKeys({})).Keys).toEqual([])
    expect((await vault.api.console.keys({ limit: 10 })).total).toBe(0)
    const { rows } = await vault.api.audit.list({ operation: 'CreateServiceKey', limit: 10 })
    expect(rows).toHaveLength(1)
    const { keyId } = (JSON.parse((await vault.api.audit.record({ sequence: rows[0]?.sequence ?? 0 })).event) as { requestParameters: { keyId: string } }).requestParameters
    await expect(vault.api.kms.DescribeKey({ KeyId: keyId })).rejects.toMatchObject({ code: 'NotFoundException' })
    await expect(vault.api.kms.Sign({ KeyId: keyId, Message: new Uint8Array(1), SigningAlgorithm: 'ED25519_SHA_512' })).rejects.toMatchObject({ code: 'NotFoundException' })
  })

  it('is destroyed in the token again if it cannot be stored', async () => {
    let store: Store | undefined
    let watch: Watch = () => undefined
    let made = 0
    const destroyed: unknown[] = []
    await using vault = await temporaryVault({
      hsm: watchedHsm((call, when, result) => {
        if (call === 'hsm.destroyKey' && when === 'after') destroyed.push(result)
        if (call === 'hsm.sign' && when === 'after' && made++ === 0) watch = (name, moment) => { if (name === 'store.write' && moment === 'before') { watch = () => undefined; throw new VaultError('DISK_FULL', { file: 'vault.db' }) } }
      }),
      home: (path) => watchedHome(path, (call, when) => watch(call, when), (opened) => { store = opened }),
    })
    await expect(vault.api.audit.checkpoint({})).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(destroyed).toEqual([true])
    expect(store?.read((tables) => [tables.serviceKeys.list(), tables.intents.list()])).toEqual([[], []])
    await vault.api.audit.checkpoint({})
    expect(store?.read((tables) => tables.serviceKeys.list())).toHaveLength(1)
  })
})

describe('checkpoints', () => {
  it('are signed by a process that stays, ten minutes after the first record that none covers, and cost no record', async () => {
    const clocks = movableClocks()
    await using vault = await temporaryVault({ ambient: clocks })
    const size = async (): Promise<number> => (await vault.api.audit.checkpoints({ limit: 1 })).checkpoints[0]?.size ?? 0
    await vault.holdfast.vault.look()
    clocks.pass(HOUR)
    await vault.holdfast.vault.look()
    expect(await size()).toBe(0)
    vault.holdfast.vault.reside()
    await vault.holdfast.vault.look()
    clocks.pass(9 * 60_000)
    await vault.holdfast.vault.look()
    expect(await size()).toBe(0)
    clocks.pass(60_000)
    await vault.holdfast.vault.look()
    const first = await size()
    expect(first).toBeGreaterThan(0)
    const from = (await vault.api.audit.list({ limit: 1 })).records
    clocks.pass(11 * 60_000)
    await vault.holdfast.vault.look()
    clocks.pass(11 * 60_000)
    await vault.holdfast.vault.look()
    expect(await size()).toBeGreaterThan(first)
    expect((await vault.api.audit.list({ limit: 1 })).records - from).toBeLessThanOrEqual(2)
  })

  it('are not asked of the HSM again for a trail that has not grown', async () => {
    const signs: string[] = []
    let store: Store | undefined
    await using vault = await temporaryVault({ hsm: watchedHsm((call, when) => { if (when === 'before') signs.push(call) }), home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    const { size } = await vault.api.audit.checkpoint({})
    expect(signs.filter((call) => call === 'hsm.sign')).toHaveLength(2)
    expect(store?.read(({ audit }) => audit.checkpoints(undefined, 9).map((each) => each.size))).toEqual([size])
  })

  it('are not signed over a record that is not what was hashed', async () => {
    let store: Store | undefined
    await using vault = await temporaryVault({ home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
    const { size, note } = await vault.api.audit.checkpoint({})
    await store?.write(({ audit }) => { audit.putCheckpoint({ size, note: note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`) }) })
    await expect(vault.api.audit.checkpoint({})).rejects.toMatchObject({ code: 'AUDIT_TRAIL_CHANGED' })
    // The vault goes on, and the refusal is on the record.
    expect((await vault.api.audit.list({ outcome: 'AUDIT_TRAIL_CHANGED', limit: 1 })).rows).toHaveLength(1)
  })
})

it('verification is cancelled by whoever stops reading', async () => {
  await using vault = await temporaryVault()
  for (let i = 0; i < 50; i++) await vault.api.kms.GenerateRandom({ NumberOfBytes: 1 })
  const aborting = new AbortController()
  const stream = await vault.api.audit.verify({}, { signal: aborting.signal })
  aborting.abort()
  await expect((async () => { while ((await stream.next()).done !== true); })()).rejects.toMatchObject({ code: 'CANCELLED' })
})

/** The real token, that cannot make some kinds. */
function withoutKinds(unsupported: readonly string[], asked: string[]) {
  const real = watchedHsm(() => undefined)
  return {
    ...real,
    member(config: Parameters<typeof real.member>[0], owner: Parameters<typeof real.member>[1]) {
      const member = real.member(config, owner)
      const { session } = member
      return Object.create(member, {
        session: {
          value: new Proxy(session, {
            get(target, name) {
              if (name !== 'generateKey') return Reflect.get(target, name) as unknown
              return (request: Parameters<typeof session.generateKey>[0]) => {
                asked.push(request.kind)
                if (unsupported.includes(request.kind)) return Promise.reject(new VaultError('KIND_UNSUPPORTED', { member: config.name, kind: request.kind }))
                return session.generateKey(request)
              }
            },
          }),
        },
      }) as typeof member
    },
  }
}
