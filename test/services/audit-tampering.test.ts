import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VerificationView } from '#contract/audit.ts'
import { createCrypto } from '#crypto/crypto.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { openDatabase, type Database } from '#store/database.ts'
import { openSlot } from '#core/keyslots/keyslots.ts'
import { readKeyslots } from '#services/keyslot-access.ts'
import { PASSPHRASE, secret, temporaryVault, vaultAt, type TemporaryVault } from './temporary-vault.ts'

// Somebody with the database's key and SQLite at hand, while the vault is closed, against a checkpoint that was kept elsewhere.

let folder: string
let home: string
let databaseKey: Uint8Array
/** Kept elsewhere: in the middle of the trail, and at its end. */
let kept: string[]
let size: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-tamper-'))
  const vault = await temporaryVault()
  home = vault.homePath
  const { KeyId } = (await vault.api.kms.CreateKey({})).KeyMetadata
  for (let i = 0; i < 300; i++) await vault.api.kms.GenerateRandom({ NumberOfBytes: 8 })
  const first = await vault.api.audit.checkpoint({})
  for (let i = 0; i < 250; i++) await vault.api.kms.DescribeKey({ KeyId })
  const second = await vault.api.audit.checkpoint({})
  kept = [first.note, second.note]
  size = second.size
  const crypto = createCrypto()
  const file = readKeyslots(vault.holdfast.home, crypto)
  using passphrase = Secret.own(secret(PASSPHRASE))
  const [slot] = file.slots
  const keys = slot === undefined ? undefined : await openSlot(crypto, file, slot, passphrase)
  databaseKey = Uint8Array.from(keys?.[0]?.key.bytes ?? [])
  await vault.holdfast.close()
  copyFileSync(join(home, 'vault', 'vault.db'), join(folder, 'whole.db'))
  expect(databaseKey).toHaveLength(32)
})

afterAll(() => {
  rmSync(join(home, '..'), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
})

/** Changes the closed database by SQL, then asks a fresh owner what it makes of the trail. */
async function after(change: (database: Database) => void, checkpoints = kept): Promise<VerificationView> {
  copyFileSync(join(folder, 'whole.db'), join(home, 'vault', 'vault.db'))
  using key = Secret.copy(databaseKey)
  const database = openDatabase(join(home, 'vault', 'vault.db'), key)
  try {
    database.exec('PRAGMA ignore_check_constraints = ON')
    change(database)
  } finally {
    database.close()
  }
  const vault: TemporaryVault = vaultAt(home)
  try {
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    const stream = await vault.api.audit.verify({ checkpoints })
    for (;;) {
      const next = await stream.next()
      if (next.done === true) return next.value
    }
  } finally {
    await vault.holdfast.close()
  }
}

const leafOf = (sequence: number): string => `(SELECT leaf FROM audit WHERE sequence = ${sequence})`

describe('a trail that nobody touched', () => {
  it('verifies, with every checkpoint that was kept, and one more from when it was locked', async () => {
    const result = await after(() => undefined)
    expect(result).toMatchObject({ ok: true, covered: size + 1, checkpoints: 3, outside: [{ verdict: 'holds' }, { verdict: 'holds', size }] })
    expect(result.records).toBeGreaterThan(size)
  })
})

describe('a checkpoint shows', () => {
  it.each<[string, (database: Database) => void, object]>([
    ['a changed record', (db) => { db.exec(`UPDATE audit SET leaf = CAST(replace(CAST(${leafOf(100)} AS TEXT), 'GenerateRandom', 'GenerateRandon') AS BLOB) WHERE sequence = 100`) }, { kind: 'changed', sequence: 100 }],
    ['a changed record with its hash removed', (db) => { db.exec('UPDATE audit SET leaf = CAST(CAST(leaf AS TEXT) || \' \' AS BLOB), hash = NULL WHERE sequence = 7') }, { kind: 'changed', sequence: 7 }],
    ['a record that took the place of another, with its hash', (db) => { db.exec(`UPDATE audit SET leaf = ${leafOf(11)}, hash = (SELECT hash FROM audit WHERE sequence = 11) WHERE sequence = 10`) }, { kind: 'removed', sequence: 10 }],
    ['a deleted record', (db) => { db.exec('DELETE FROM audit WHERE sequence = 42') }, { kind: 'removed', sequence: 42 }],
    ['a deleted record whose gap was closed', (db) => { db.exec('DELETE FROM audit WHERE sequence = 42; UPDATE audit SET sequence = -sequence WHERE sequence > 42; UPDATE audit SET sequence = -sequence - 1 WHERE sequence < 0') }, { kind: 'removed', sequence: 42 }],
    ['the first record deleted', (db) => { db.exec('DELETE FROM audit WHERE sequence = 0') }, { kind: 'removed', sequence: 0 }],
    ['an inserted record that made room for itself', (db) => {
      db.exec(`UPDATE audit SET sequence = -sequence - 1 WHERE sequence >= 200; UPDATE audit SET sequence = -sequence WHERE sequence < 0;
        INSERT INTO audit (sequence, leaf, hash) SELECT 200, leaf, hash FROM audit WHERE sequence = 201`)
    }, { kind: 'added', sequence: 200 }],
    ['a trail without its last records', (db) => { db.exec('DELETE FROM audit WHERE sequence >= 500') }, { kind: 'cut-off' }],
  ])('%s, and names it', async (_, change, problem) => {
    expect(await after(change)).toMatchObject({ ok: false, problem })
  })

  it('a trail that was cut off with its checkpoints, and written on', async () => {
    const result = await after((db) => { db.exec(`DELETE FROM audit WHERE sequence >= 300; DELETE FROM audit_checkpoints; DELETE FROM audit_blocks WHERE block >= 1; DELETE FROM audit_terms WHERE block >= 1; DELETE FROM audit_rare_terms WHERE block >= 1`) })
    expect(result).toMatchObject({ ok: false, problem: { kind: 'rolled-back' }, outside: [expect.objectContaining({ verdict: 'longer' }), expect.objectContaining({ verdict: 'longer' })] })
    // Without what was kept elsewhere nobody could tell: the page and SECURITY.md say so.
    expect(await after((db) => { db.exec(`DELETE FROM audit WHERE sequence >= 300; DELETE FROM audit_checkpoints; DELETE FROM audit_blocks WHERE block >= 1; DELETE FROM audit_terms WHERE block >= 1; DELETE FROM audit_rare_terms WHERE block >= 1`) }, [])).toMatchObject({ ok: true })
  })

  it('a record rewritten together with everything that is derived from it, to the span between two checkpoints', async () => {
    const result = await after((db) => { rewrite(db, 305) })
    expect(result.problem).toMatchObject({ kind: 'changed' })
    expect(result.problem?.sequence).toBeLessThanOrEqual(305)
    expect(result.problem?.upTo).toBeGreaterThanOrEqual(305)
    expect(result.problem?.sequence).toBeGreaterThan(255)
  })

  it.each([
    ['audit', 'sequence', `UPDATE audit SET sequence = 100000 WHERE sequence = 20`],
    ['audit', 'leaf', `UPDATE audit SET leaf = CAST('{}' AS BLOB) WHERE sequence = 20`],
    ['audit', 'hash', `UPDATE audit SET hash = zeroblob(32) WHERE sequence = 20`],
    ['audit_blocks', 'block', 'UPDATE audit_blocks SET block = 9 WHERE block = 1'],
    ['audit_blocks', 'root', 'UPDATE audit_blocks SET root = zeroblob(32) WHERE block = 1'],
    ['audit_blocks', 'first_at', 'UPDATE audit_blocks SET first_at = first_at + 1 WHERE block = 1'],
    ['audit_blocks', 'last_at', 'UPDATE audit_blocks SET last_at = last_at - 1 WHERE block = 0'],
    ['audit_terms', 'block', 'UPDATE audit_terms SET block = 9 WHERE block = 1 AND term = (SELECT min(term) FROM audit_terms WHERE block = 1)'],
    ['audit_terms', 'term', 'UPDATE audit_terms SET term = 5 WHERE block = 1 AND term = (SELECT min(term) FROM audit_terms WHERE block = 1)'],
    ['audit_terms', 'records', `UPDATE audit_terms SET records = x'00' WHERE block = 1 AND length(records) = 32`],
    ['audit_rare_terms', 'block', 'UPDATE audit_rare_terms SET block = 9 WHERE block = 1'],
    ['audit_rare_terms', 'terms', `UPDATE audit_rare_terms SET terms = x'000000' WHERE block = 0`],
    ['audit_checkpoints', 'size', 'UPDATE audit_checkpoints SET size = size - 1'],
    ['audit_checkpoints', 'note', `UPDATE audit_checkpoints SET note = replace(note, 'time 2', 'time 1')`],
  ])('a change of %s.%s', async (_table, _column, sql) => {
    expect(await after((db) => { db.exec(sql) })).toMatchObject({ ok: false, problem: { text: expect.stringMatching(/./) as string } })
  })

  it('every column of every table of the trail has been changed above', async () => {
    const columns: string[] = []
    await after((db) => {
      for (const table of ['audit', 'audit_blocks', 'audit_terms', 'audit_rare_terms', 'audit_checkpoints']) {
        for (const { name } of db.query<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`).all()) columns.push(`${table}.${name}`)
      }
      expect(db.query<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'audit%'`).all()).toHaveLength(5)
    })
    expect(columns).toEqual([
      'audit.sequence', 'audit.leaf', 'audit.hash', 'audit_blocks.block', 'audit_blocks.root', 'audit_blocks.first_at', 'audit_blocks.last_at',
      'audit_terms.block', 'audit_terms.term', 'audit_terms.records', 'audit_rare_terms.block', 'audit_rare_terms.terms', 'audit_checkpoints.size', 'audit_checkpoints.note',
    ])
  })

  it('a whole file rolled back to an earlier day', async () => {
    // The file of before is itself whole: only what was kept elsewhere knows better.
    const whole = await after(() => undefined)
    copyFileSync(join(folder, 'whole.db'), join(folder, 'earlier.db'))
    const vault = vaultAt(home)
    await vault.api.session.signIn({ passphrase: secret(PASSPHRASE) })
    for (let i = 0; i < 5; i++) await vault.api.kms.GenerateRandom({ NumberOfBytes: 8 })
    const later = await vault.api.audit.checkpoint({})
    await vault.holdfast.close()
    expect(later.size).toBeGreaterThan(whole.records)
    const result = await after(() => undefined, [later.note])
    expect(result).toMatchObject({ ok: false, problem: { kind: 'rolled-back', upTo: later.size - 1 }, outside: [{ verdict: 'longer' }] })
  })

  it('a checkpoint that another key has signed', async () => {
    const [note = ''] = kept
    const forged = note.replace(/\n[0-9]+\n/, '\n299\n')
    expect(await after(() => undefined, [forged, 'no note', note.replaceAll(/holdfast\/audit\/v1\/[0-9a-f]{4}/g, 'holdfast/audit/v1/0000')])).toMatchObject({
      ok: false,
      outside: [{ verdict: 'not-signed', size: 299 }, { verdict: 'malformed' }, { verdict: 'other-trail' }],
    })
  })
})

/** What somebody does who knows how the trail is built: record, hash, block root and terms all fit each other afterwards. */
function rewrite(db: Database, sequence: number): void {
  const rows = db.query<{ sequence: number; leaf: Uint8Array }>('SELECT sequence, leaf FROM audit ORDER BY sequence').all()
  db.exec('DELETE FROM audit; DELETE FROM audit_blocks; DELETE FROM audit_terms; DELETE FROM audit_rare_terms')
  const insert = db.query<object>('INSERT INTO audit (sequence, leaf) VALUES (?, ?) RETURNING sequence')
  for (const row of rows) {
    const leaf = row.sequence === sequence ? new TextEncoder().encode(new TextDecoder().decode(row.leaf).replace('"DescribeKey"', '"ListKeys"')) : row.leaf
    insert.all(BigInt(row.sequence), leaf)
  }
  // The next open completes hashes, blocks and terms of such a table by itself.
}
