import type { AccountRow, SlotKeyRow, VaultRow, VaultTable } from '#core/ports/store.ts'
import { unreachable } from '#core/vocabulary/failures.ts'
import type { Database } from '../database.ts'
import { bytes } from './columns.ts'

export function createVaultTable(database: Database): VaultTable {
  const get = database.query<VaultRow>('SELECT id, name, created_at AS createdAt, account, region FROM vault')
  const put = database.change(
    `INSERT INTO vault (one, id, name, created_at, account, region) VALUES (1, ?, ?, ?, ?, ?)
     ON CONFLICT (one) DO UPDATE SET id = excluded.id, name = excluded.name, created_at = excluded.created_at,
       account = excluded.account, region = excluded.region`,
  )
  const accounts = database.query<AccountRow>('SELECT account, region FROM accounts ORDER BY account, region')
  const declared = database.query<{ readonly one: 1 }>('SELECT 1 AS one FROM accounts WHERE account = ? AND region = ?')
  const addAccount = database.change('INSERT INTO accounts (account, region) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const slotKeys = database.query<SlotKeyRow>('SELECT slot_id AS slotId, principal, public_key AS publicKey FROM slot_keys ORDER BY slot_id')
  const putSlotKey = database.change(
    `INSERT INTO slot_keys (slot_id, principal, public_key) VALUES (?, ?, ?)
     ON CONFLICT (slot_id) DO UPDATE SET principal = excluded.principal, public_key = excluded.public_key`,
  )
  const removeSlotKey = database.change('DELETE FROM slot_keys WHERE slot_id = ?')
  return {
    get: () => get.get() ?? unreachable('a vault without its row'),
    put: (row) => void put.run(row.id, row.name, row.createdAt, row.account, row.region),
    accounts: () => accounts.all(),
    declares: (scope) => declared.get(scope.account, scope.region) !== undefined,
    addAccount: (row) => void addAccount.run(row.account, row.region),
    slotKeys: () => slotKeys.all().map((row) => ({ ...row, publicKey: bytes(row.publicKey) })),
    putSlotKey: (row) => void putSlotKey.run(row.slotId, row.principal, row.publicKey),
    removeSlotKey: (slotId) => void removeSlotKey.run(slotId),
  }
}
