import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Home } from '#core/ports/home.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { createHome } from '#store/home.ts'
import { openDatabase } from '#store/database.ts'
import { databaseKey, homeWithVault, temporaryFolder } from './home-folder.ts'
import { startChild } from './shim.ts'
import { keyRow } from './rows.ts'

const PAGE = 4096
const otherKey = Secret.own(new Uint8Array(32).fill(1))

const folder = temporaryFolder()
const templates = { clean: join(folder.path, 'clean'), killed: join(folder.path, 'killed') }
let home: Home
let path = ''
let count = 0

beforeAll(async () => {
  const made = await homeWithVault(templates.clean)
  const store = made.openStore(databaseKey) ?? expect.unreachable()
  await store.write(({ keys }) => { for (let n = 0; n < 200; n++) keys.insert(keyRow(n)) })
  await store.close()
  made.release()
  // The same after a kill: a part of it is in the log only.
  cpSync(templates.clean, templates.killed, { recursive: true })
  const child = startChild('commits', templates.killed)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
})
afterAll(() => { folder.remove() })

function use(template: keyof typeof templates): void {
  path = join(folder.path, String(count++))
  cpSync(templates[template], path, { recursive: true })
  home = createHome(path)
  home.acquire()
}
afterEach(() => { home.release() })

/** Name and bytes of everything in the vault. */
function contents(): Record<string, string> {
  const vault = join(path, 'vault')
  return Object.fromEntries(readdirSync(vault).sort().map((name) => [name, readFileSync(join(vault, name)).toString('base64')]))
}

function flip(at: number, name = 'vault.db'): void {
  const file = join(path, 'vault', name)
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

function expectUntouched(act: () => unknown): void {
  const before = contents()
  act()
  expect(contents()).toEqual(before)
}

const damagedDatabase = expect.objectContaining({ code: 'VAULT_DAMAGED', details: expect.objectContaining({ file: 'vault.db' }) as unknown }) as Error

describe.each(['clean', 'killed'] as const)('a database that was closed %s', (template) => {
  beforeEach(() => { use(template) })

  it('is what the test says', () => {
    expect(existsSync(join(path, 'vault/vault.db-wal'))).toBe(template === 'killed')
  })

  it('is not opened by another key, and not changed', () => {
    expectUntouched(() => { expect(home.openStore(otherKey)).toBeUndefined() })
  })

  it('is not opened, and not changed, with a flipped byte in a later page', () => {
    flip(5 * PAGE + 100)
    expectUntouched(() => { expect(() => home.openStore(databaseKey)).toThrow(damagedDatabase) })
  })

  it('is not opened, and not changed, where it is cut below its first page', () => {
    truncateSync(join(path, 'vault/vault.db'), PAGE - 1)
    expectUntouched(() => { expect(() => home.openStore(databaseKey)).toThrow(damagedDatabase) })
  })

  it('is not opened, and not changed, where it is empty', () => {
    truncateSync(join(path, 'vault/vault.db'), 0)
    expectUntouched(() => { expect(() => home.openStore(databaseKey)).toThrow(damagedDatabase) })
  })
})

describe('a database that was closed', () => {
  beforeEach(() => { use('clean') })

  it.each([0, 15, 16, 100, PAGE - 1])('cannot be told from one under another key when byte %i of its first page is flipped', (at) => {
    flip(at)
    expectUntouched(() => { expect(home.openStore(databaseKey)).toBeUndefined() })
  })

  it('is damaged where it is cut in the middle of a page, or before a page that it needs', async () => {
    const { length } = readFileSync(join(path, 'vault/vault.db'))
    truncateSync(join(path, 'vault/vault.db'), length - 1)
    expectUntouched(() => { expect(() => home.openStore(databaseKey)).toThrow(damagedDatabase) })
    truncateSync(join(path, 'vault/vault.db'), 10 * PAGE)
    expect(() => home.openStore(databaseKey)).toThrow(damagedDatabase)
    await Promise.resolve()
  })

  it('is too new when a later program has migrated it', () => {
    const database = openDatabase(join(path, 'vault/vault.db'), databaseKey)
    database.exec('PRAGMA user_version = 999')
    database.close()
    const tooNew = expect.objectContaining({ code: 'VAULT_TOO_NEW', details: { file: 'vault.db', version: 999 } }) as Error
    expectUntouched(() => { expect(() => home.openStore(databaseKey)).toThrow(tooNew) })
  })
})

it('opens after a power failure tore a page that is in the log', async () => {
  use('killed')
  const wal = readFileSync(join(path, 'vault/vault.db-wal'))
  const torn = wal.readUInt32BE(32)
  flip((torn - 1) * PAGE + 1000)
  const store = home.openStore(databaseKey) ?? expect.unreachable()
  expect(store.read(({ audit }) => audit.next())).toBeGreaterThan(0)
  await store.close()
})

it('says VAULT_DAMAGED when a page turns out damaged only as it is read', async () => {
  use('clean')
  const store = home.openStore(databaseKey) ?? expect.unreachable()
  const { length } = readFileSync(join(path, 'vault/vault.db'))
  for (let at = 8 * PAGE; at < length; at += PAGE) flip(at + 50)
  expect(() => store.read(({ keys }) => { for (let n = 0; n < 200; n++) keys.get(keyRow(n)) })).toThrow(damagedDatabase)
  await store.close()
})

describe('a vault of which a part is missing', () => {
  beforeEach(() => { use('clean') })

  it.each(['keyslots.json', 'vault.db'])('is damaged without %s, and nothing is made in its place', (name) => {
    rmSync(join(path, 'vault', name))
    const damaged = expect.objectContaining({ code: 'VAULT_DAMAGED', details: { file: name, reason: 'it is missing' } }) as Error
    expectUntouched(() => {
      for (const act of [() => home.state(), () => home.readKeyslots(), () => home.openStore(databaseKey), () => home.stage()]) {
        expect(act).toThrow(damaged)
      }
    })
  })
})
