import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Signal from '@signalapp/sqlcipher'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '#core/ports/home.ts'
import { toHex } from '#core/vocabulary/bytes.ts'
import { databaseKey, homeWithVault, temporaryFolder } from './home-folder.ts'
import { intentRow, keyRow, vaultRow } from './rows.ts'

const MARKER = 'a text that must not be found on the disk'

const folder = temporaryFolder()
let home: Home
beforeAll(async () => { home = await homeWithVault(folder.path) })
afterAll(() => { folder.remove() })

describe('the database', () => {
  it('opens in another SQLCipher with the raw key and nothing else, also while its log is not emptied', async () => {
    const store = home.openStore(databaseKey) ?? expect.unreachable()
    await store.write(({ vault, keys }) => {
      vault.put(vaultRow)
      keys.insert(keyRow(1, { description: MARKER }))
    })
    const copy = join(folder.path, 'copy')
    cpSync(join(folder.path, 'vault'), copy, { recursive: true })
    expect(readdirSync(copy)).toContain('vault.db-wal')
    const other = new Signal(join(copy, 'vault.db'))
    other.pragma(`key = "x'${toHex(databaseKey.bytes)}'"`)
    expect(other.prepare('SELECT name, description FROM vault, keys').get()).toEqual({ name: vaultRow.name, description: MARKER })
    expect(other.pragma('cipher_integrity_check')).toEqual([])
    expect(other.pragma('integrity_check', { simple: true })).toBe('ok')
    other.close()
    await store.close()
  })

  it('opens here after another SQLCipher has written to it', async () => {
    const other = new Signal(join(folder.path, 'vault/vault.db'))
    other.pragma(`key = "x'${toHex(databaseKey.bytes)}'"`)
    other.prepare('UPDATE vault SET name = ?').run(['elsewhere'])
    other.close()
    const store = home.openStore(databaseKey) ?? expect.unreachable()
    expect(store.read(({ vault }) => vault.get().name)).toBe('elsewhere')
    await store.close()
  })

  it('has nothing in the clear, neither in the file nor in its log: not even SQLite\'s own header', async () => {
    const store = home.openStore(databaseKey) ?? expect.unreachable()
    await store.write(({ keys, intents }) => {
      keys.insert(keyRow(2, { description: MARKER }))
      intents.insert(intentRow(3))
    })
    for (const name of ['vault.db', 'vault.db-wal']) {
      const bytes = readFileSync(join(folder.path, 'vault', name))
      for (const clear of ['SQLite format 3', MARKER, 'CREATE TABLE', keyRow(2).id]) expect(bytes.includes(clear), `${name}: ${clear}`).toBe(false)
    }
    await store.close()
  })
})
