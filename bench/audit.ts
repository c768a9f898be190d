// The audit trail at length: a seeded trail of so many records, a page of it by every kind of filter, its verification, and what a record costs
// when it is written. Run alone: `node bench/audit.ts [records]`.

import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAmbient } from '#crypto/ambient.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { checkpointText } from '#core/audit/checkpoint.ts'
import { signedNote, type NoteKey } from '#core/audit/note.ts'
import { auditLeaf, type AuditRecord } from '#core/audit/record.ts'
import { eventOf, recordFacts } from '#core/audit/event.ts'
import { filterTerms, recordTerms, termNumber, type RecordFilter } from '#core/audit/terms.ts'
import type { Store } from '#core/ports/store.ts'
import type { AccountId, Region } from '#core/vocabulary/ids.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { createStore } from '#store/store.ts'
import { verifyTrail } from '#services/audit/verify.ts'
import { median, table } from './rounds.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 9, 1)
const OPERATIONS = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'Decrypt', 'Decrypt', 'Sign', 'DescribeKey', 'GenerateMac'] as const

/** Prints the tables. */
export async function benchAudit(records: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    using key = Secret.own(createAmbient().random(32))
    const store = createStore(join(folder, 'vault.db'), key)
    const seeded = await seed(store, records)
    const trailKey = await signCheckpoints(store, records)
    await store.close()
    // Opened anew: nothing is in the cache.
    const cold = createStore(join(folder, 'vault.db'), key)
    print(records, seeded, pages(cold, records), await verified(cold, trailKey))
    await cold.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A record as a busy vault has them: 40 keys, 12 principals, 200 tenants; every 97th refused, one in the middle unlike all others. */
export function seededRecord(sequence: number, of: number): AuditRecord {
  const key = `arn:aws:kms:lab:111122223333:key/${String(sequence % 40).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`
  const odd = sequence === Math.floor(of / 2)
  const refused = sequence % 97 === 0
  const id = (from: number): string => `${from.toString(16).padStart(8, '0')}-5c1d-4e2f-8a3b-${(from * 2654435761 % 2 ** 32).toString(16).padStart(12, '0')}`
  return {
    sequence,
    eventId: id(sequence * 2),
    requestId: id(sequence * 2 + 1),
    at: START + Math.floor((sequence / of) * 50 * DAY),
    eventSource: 'kms.amazonaws.com',
    eventName: odd ? 'ScheduleKeyDeletion' : (OPERATIONS[sequence % OPERATIONS.length] ?? 'Encrypt'),
    readOnly: !odd,
    account: '111122223333' as AccountId,
    region: 'lab' as Region,
    principal: `arn:aws:iam::111122223333:role/service-${sequence % 12}`,
    source: '127.0.0.1',
    agent: 'aws-sdk-js/3.1164.0 ua/2.1 os/linux lang/js md/nodejs#24.21.0 api/kms',
    request: { keyId: key.slice(-36), encryptionContext: { tenant: `t${sequence % 200}`, purpose: odd ? 'needle in the hay' : 'rows' }, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    response: null,
    resources: [key],
    failure: refused ? { code: 'AccessDeniedException', text: 'User is not authorized to perform this' } : undefined,
  }
}

async function seed(store: Store, records: number): Promise<number> {
  const started = performance.now()
  for (let at = 0; at < records; at += 4_096) {
    await store.write(({ audit }) => {
      for (let sequence = at; sequence < Math.min(records, at + 4_096); sequence++) audit.append(sequence, auditLeaf(seededRecord(sequence, records)))
    })
  }
  return (performance.now() - started) / records
}

/** Twenty over the trail, signed by a key in memory: no HSM is measured here. */
async function signCheckpoints(store: Store, records: number): Promise<NoteKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key: NoteKey = { name: 'bench', algorithm: 'ed25519', publicKey: publicKey.export({ format: 'der', type: 'spki' }) }
  const crypto = createCrypto()
  const sizes = [...Array.from({ length: 20 }, (_, i) => Math.ceil((records * (i + 1)) / 20))]
  await store.write(({ audit }) => {
    for (const size of sizes) {
      const text = checkpointText({ origin: key.name, size, root: audit.root(size), at: START })
      audit.putCheckpoint({ size, note: signedNote(crypto, text, key, sign(null, Buffer.from(text), privateKey)) })
    }
  })
  return key
}

interface Page {
  readonly name: string
  readonly rows: number
  readonly first: number
  readonly again: number
}

function pages(store: Store, records: number): Page[] {
  const middle = new Date(START + 25 * DAY).getTime()
  const filters: [string, RecordFilter, number | undefined][] = [
    ['no filter, newest', {}, undefined],
    ['no filter, in the middle', {}, Math.floor(records / 2)],
    ['one key', { key: '00000007-12ab-34cd-56ef-1234567890ab' }, undefined],
    ['refused or failed', { outcome: 'failed' }, undefined],
    ['key, principal, operation, refused', { key: '00000017-12ab-34cd-56ef-1234567890ab', principal: 'role/service-5', operation: 'Sign', outcome: 'AccessDeniedException' }, undefined],
    ['three terms that never meet', { operation: 'Encrypt', principal: 'role/service-1', outcome: 'ok' }, undefined],
    ['one day, one tenant', { from: middle, to: middle + DAY, context: { tenant: 't77' } }, undefined],
    ['a word that one record has', { text: 'needle' }, undefined],
    ['a word that none has', { text: 'nonesuch' }, undefined],
    ['one request by its id', { text: seededRecord(123, records).requestId }, undefined],
  ]
  return filters.map(([name, filter, before]) => {
    const terms = filterTerms(filter)
    const query = {
      terms: terms.map(termNumber), from: filter.from, to: filter.to, before,
      accept: ({ leaf }: { leaf: Uint8Array }) => {
        const event = eventOf(leaf)
        const { at } = recordFacts(event)
        if (at < (filter.from ?? 0) || at >= (filter.to ?? Infinity)) return false
        const own = terms.length === 0 ? undefined : recordTerms(event)
        return own === undefined || terms.every((term) => own.has(term))
      },
    }
    const once = (): { rows: number; ms: number } => {
      const started = performance.now()
      const rows = store.read(({ audit }) => audit.search(query, 50)).length
      return { rows, ms: performance.now() - started }
    }
    const { rows, ms } = once()
    return { name, rows, first: ms, again: median(Array.from({ length: 5 }, () => once().ms)) }
  })
}

async function verified(store: Store, key: NoteKey): Promise<{ records: number; index: number }> {
  const signal = new AbortController().signal
  const parts = { ambient: createAmbient(), crypto: createCrypto(), store, origin: key.name, keys: [key] }
  const { ok, milliseconds } = await verifyTrail(parts, [], { signal, tell: () => undefined })
  if (!ok) throw new Error('the seeded trail does not verify')
  return milliseconds
}

function print(records: number, appended: number, found: readonly Page[], { records: tree, index }: { records: number; index: number }): void {
  console.log(`An audit trail of ${records.toLocaleString('en')} records\n`)
  console.log(table(['a page of 50 by', 'found', 'first, ms', 'again, ms'], found.map(({ name, rows, first, again }) => [name, String(rows), first.toFixed(1), again.toFixed(1)])))
  const rate = (ms: number): string => Math.round((records / Math.max(1, ms)) * 1_000).toLocaleString('en')
  console.log(`\n${table(['', 'records/s'], [['verification: leaves, tree, checkpoints', rate(tree)], ['verification: search index, from the leaves anew', rate(index)]])}`)
  console.log(`\nAppending a record (leaf, hash, tree, terms), in batches: ${(appended * 1_000).toFixed(0)} µs\n`)
}

if (process.argv[1] === import.meta.filename) await benchAudit(Number(process.argv[2] ?? 1_000_000))
