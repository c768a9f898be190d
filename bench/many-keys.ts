// The store with 100,000 keys: what a list, a page of it and one key cost through the service and through the endpoint, how long an unlock takes and
// what memory it needs. The rows are seeded behind the service, each with an alias, tags, a use and a material; the token holds none of that material,
// so nothing here uses a key. Run alone: `node bench/many-keys.ts [keys]`.

import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeKeyCommand, KMSClient, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { defaultKeyPolicy } from '#core/keys/policy.ts'
import type { KeyRow, MaterialRow, Scope, Store } from '#core/ports/store.ts'
import type { AliasName, KeyId, MaterialId, MemberId } from '#core/vocabulary/ids.ts'
import { PASSPHRASE, secret, text, vaultAt, type TemporaryVault } from '../test/services/temporary-vault.ts'
import { watchedHome } from '../test/services/watched-ports.ts'
import { median, table } from './rounds.ts'

const START = Date.UTC(2026, 0, 1)
/** Rows of one transaction. */
const BATCH = 2_000
const TIMES = 200
/** Milliseconds: what the product promises of each. */
const AIM = 5

/** Prints the table. */
export async function benchManyKeys(keys: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    const homePath = join(folder, 'home')
    const empty = await seeded(homePath, keys)
    const before = process.memoryUsage.rss()
    const started = performance.now()
    await using vault = vaultAt(homePath)
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const unlock = performance.now() - started
    const rows = [...(await throughService(vault, keys)), ...(await throughEndpoint(vault, keys))]
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20
    console.log(`${keys.toLocaleString('en')} keys in the store (none of their material in the token), ${TIMES} calls each, milliseconds\n`)
    console.log(table(['', 'median', 'p99', `aim ${AIM} ms`], rows))
    console.log(`\nUnlock ${unlock.toFixed(0)} ms (with an empty store ${empty.toFixed(0)} ms); memory of this process grew by ${grown.toFixed(0)} MiB meanwhile\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Makes the vault and gives the milliseconds of an unlock while it had no keys. */
async function seeded(homePath: string, keys: number): Promise<number> {
  let store: Store | undefined
  await using vault = vaultAt(homePath, { home: (path) => watchedHome(path, () => undefined, (opened) => { store = opened }) })
  await vault.api.vault.initialise({ passphrase: secret(PASSPHRASE), account: '441722089135', region: 'lab' })
  await vault.api.vault.lock({})
  const started = performance.now()
  await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
  const unlock = performance.now() - started
  if (store === undefined) throw new Error('unlocked without a store')
  for (let from = 0; from < keys; from += BATCH) await seed(store, from, Math.min(keys, from + BATCH))
  return unlock
}

function seed(store: Store, from: number, to: number): Promise<void> {
  return store.write((tables) => {
    const scope = tables.vault.get()
    const [member] = tables.members.list()
    if (member === undefined) throw new Error('a vault without a member')
    for (let number = from; number < to; number++) {
      const key = keyRow(scope, number)
      tables.keys.insert(key)
      tables.materials.insert(materialRow(key, member.id, number))
      tables.aliases.insert({ account: key.account, region: key.region, name: aliasName(number), keyId: key.id, createdAt: START, updatedAt: START })
    }
  })
}

function keyRow(scope: Scope, number: number): KeyRow {
  return {
    id: keyId(number),
    account: scope.account,
    region: scope.region,
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    protection: 'HSM',
    state: number % 50 === 0 ? 'Disabled' : 'Enabled',
    description: `key ${number} of the benchmark`,
    policy: defaultKeyPolicy(scope.account),
    createdAt: START + number,
    currentMaterial: materialId(number),
    tags: [{ TagKey: 'service', TagValue: `service-${number % 40}` }, { TagKey: 'stage', TagValue: 'production' }],
    rotation: undefined,
    deletesAt: undefined,
    multiRegion: undefined,
    pendingWindow: undefined,
    lastUsed: { operation: 'Encrypt', at: START + number, eventId: keyId(number), requestId: keyId(number) },
  }
}

function materialRow(key: KeyRow, memberId: MemberId, number: number): MaterialRow {
  return {
    id: materialId(number), keyId: key.id, memberId, ckaId: Buffer.from(materialId(number).slice(0, 32), 'hex'), kind: 'aes-256', rung: 1, checkValue: undefined,
    publicKey: undefined, sealedKey: undefined, createdAt: START, reserved: 0, cause: 'CREATE', imported: undefined,
  }
}

/** Spread like random ones: their order is not the order in which they were made. */
function keyId(number: number): KeyId {
  const spread = (Math.imul(number + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
  return `${spread}-12ab-4cde-8f01-${number.toString(16).padStart(12, '0')}` as KeyId
}

function materialId(number: number): MaterialId {
  return number.toString(16).padStart(64, '0') as MaterialId
}

function aliasName(number: number): AliasName {
  return `alias/service-${number % 40}/key-${number}` as AliasName
}

async function throughService({ api }: TemporaryVault, keys: number): Promise<string[][]> {
  const ids = Array.from({ length: keys }, (_, number) => keyId(number) as string).sort()
  const aliases = Array.from({ length: keys }, (_, number) => aliasName(number) as string).sort()
  const at = (list: string[], share: number): string => list[Math.floor((list.length - 1) * share)] ?? ''
  const Limit = 100
  return [
    await timed('service: ListKeys, 100, the first', () => api.kms.ListKeys({ Limit })),
    await timed('service: ListKeys, 1,000, the first', () => api.kms.ListKeys({ Limit: 1_000 })),
    await timed('service: the list in the console, 200', () => api.console.keys({ limit: 200 })),
    await timed('service: the list in the console, 200, the middle', () => api.console.keys({ limit: 200, after: at(ids, 0.5) })),
    await timed('service: the list in the console, 200, the last', () => api.console.keys({ limit: 200, after: at(ids, 0.99) })),
    await timed('service: DescribeKey by id', (turn) => api.kms.DescribeKey({ KeyId: keyId((turn * 7_919) % keys) })),
    await timed('service: DescribeKey by alias', (turn) => api.kms.DescribeKey({ KeyId: aliasName((turn * 7_919) % keys) })),
    await timed('service: ListAliases, 100, the first', () => api.kms.ListAliases({ Limit })),
    await timed('service: ListAliases of one key', (turn) => api.kms.ListAliases({ KeyId: keyId((turn * 7_919) % keys) })),
    await timed('service: UpdateAlias', (turn) => api.kms.UpdateAlias({ AliasName: at(aliases, 0.5), TargetKeyId: keyId((turn * 7_919) % keys) })),
    await timed('the scheduler: what is due', () => api.console.clock({})),
    ...(await markers(api, keys)),
  ]
}

/** Pages by AWS's markers, which only the page before gives. */
async function markers(api: TemporaryVault['api'], keys: number): Promise<string[][]> {
  const found: { Marker: string | undefined }[] = [{ Marker: undefined }]
  for (let seen = 1_000; seen < keys; seen += 1_000) {
    const { NextMarker } = await api.kms.ListKeys({ Limit: 1_000, Marker: found.at(-1)?.Marker })
    found.push({ Marker: NextMarker })
  }
  const middle = found[found.length >> 1]
  return [
    await timed('service: ListKeys, 100, the middle', () => api.kms.ListKeys({ Limit: 100, ...middle })),
    await timed('service: ListKeys, 100, near the end', () => api.kms.ListKeys({ Limit: 100, ...found.at(-1) })),
  ]
}

/** AWS's own client over plain HTTP: its own signing and parsing count too. */
async function throughEndpoint({ api }: TemporaryVault, keys: number): Promise<string[][]> {
  const { url } = await api.endpoint.start({ transport: 'plain' })
  const { accessKeyId, secretAccessKey } = await api.accessKeys.create({})
  const httpAgent = new Agent({ keepAlive: true })
  const client = new KMSClient({ endpoint: url, region: 'lab', credentials: { accessKeyId, secretAccessKey: text(secretAccessKey ?? new Uint8Array()) }, maxAttempts: 1, requestHandler: { httpAgent } })
  try {
    return [
      await timed("endpoint, AWS's client: ListKeys, 100", () => client.send(new ListKeysCommand({ Limit: 100 }))),
      await timed("endpoint, AWS's client: ListAliases, 100", () => client.send(new ListAliasesCommand({ Limit: 100 }))),
      await timed("endpoint, AWS's client: DescribeKey by alias", (turn) => client.send(new DescribeKeyCommand({ KeyId: aliasName((turn * 7_919) % keys) }))),
    ]
  } finally {
    client.destroy()
    httpAgent.destroy()
  }
}

async function timed(name: string, call: (turn: number) => Promise<unknown>): Promise<string[]> {
  for (let turn = 0; turn < 10; turn++) await call(turn)
  const times: number[] = []
  for (let turn = 0; turn < TIMES; turn++) {
    const started = performance.now()
    await call(turn)
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const middle = median(times)
  return [name, middle.toFixed(2), (times[Math.floor(times.length * 0.99)] ?? 0).toFixed(2), middle < AIM ? 'kept' : 'missed']
}

if (import.meta.main) await benchManyKeys(Number(process.argv[2] ?? 100_000))
