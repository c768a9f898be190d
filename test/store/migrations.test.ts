import Database from 'better-sqlite3-multiple-ciphers'
import { expect, it } from 'vitest'
import { sql as first } from '#store/migrations/0001-first-tables.ts'
import { sql as second } from '#store/migrations/0002-rotation-and-deletion.ts'
import { sql as third } from '#store/migrations/0003-token-profiles.ts'
import { sql as fourth } from '#store/migrations/0004-key-pairs.ts'
import { sql as fifth } from '#store/migrations/0005-access-keys-and-certificates.ts'
import { sql as sixth } from '#store/migrations/0006-multi-region.ts'

const BEFORE = `
INSERT INTO members VALUES ('m', 'SoftHSM', 'softhsm', NULL, 1, 's', 1, NULL, NULL, NULL);
INSERT INTO keys (id, account, region, spec, usage, origin, protection, state, description, policy, created_at, current_material, rotation_period, rotates_at, deletes_at)
VALUES ('k', '123456789012', 'lab', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'AWS_KMS', 'HSM', 'PendingDeletion', 'd', '{}', 5, 'x2', 90, 7, 9);
INSERT INTO key_uses VALUES ('k', 'Encrypt', 6, 'e', 'r');
INSERT INTO tags VALUES ('k', 0, 'a', '1'), ('k', 1, 'b', '2');
INSERT INTO materials (id, key_id, member_id, cka_id, kind, rung, check_value, created_at, reserved, cause, public_key, sealed_key)
VALUES ('x1', 'k', 'm', x'01', 'aes-256', 1, x'02', 5, 65536, 'CREATE', NULL, NULL), ('x2', 'k', 'm', x'03', 'aes-256', 1, x'04', 6, 0, 'ON_DEMAND', x'05', x'06');
INSERT INTO aliases VALUES ('123456789012', 'lab', 'alias/a', 'k', 1, 2);
INSERT INTO due_deletions VALUES ('k', 1500);
`

it('carries every row of a vault over to multi-Region keys, and keeps its references whole', () => {
  const database = new Database(':memory:')
  database.pragma('foreign_keys = ON')
  for (const sql of [first, second, third, fourth, fifth, BEFORE]) database.exec(`BEGIN; ${sql} COMMIT;`)
  const tables = ['keys', 'key_uses', 'tags', 'materials', 'aliases', 'due_deletions'] as const
  const before = new Map(tables.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all() as object[]]))
  database.exec(`BEGIN IMMEDIATE; ${sixth} COMMIT;`)
  for (const table of tables) {
    const region = table === 'materials' ? {} : { region: 'lab' }
    const added = table === 'keys' ? { multi_region: null, pending_window: null } : {}
    expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual(before.get(table)?.map((row) => ({ ...row, ...region, ...added })))
  }
  expect(database.pragma('foreign_key_check')).toEqual([])
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
  expect(() => database.exec("DELETE FROM keys WHERE id = 'k'")).toThrow()
  database.close()
})
