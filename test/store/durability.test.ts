import { appendFileSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '#core/vocabulary/secret.ts'
import { createHome } from '#store/home.ts'
import { databaseKey, homeWithVault, keyslotBytes, temporaryFolder } from './home-folder.ts'
import { buildShim, runChild, shimMissing, startChild, stepsOf } from './shim.ts'

const missing = shimMissing()
const folder = temporaryFolder()
const template = join(folder.path, 'template')
let shim = ''
let count = 0

beforeAll(async () => {
  if (missing === undefined) shim = buildShim(folder.path)
  const home = await homeWithVault(template)
  home.release()
})
afterAll(() => { folder.remove() })

/** A copy of a home with an empty vault, and a log of its own. */
function freshHome(): { path: string; log: string } {
  const path = join(folder.path, `home-${count++}`)
  cpSync(template, path, { recursive: true })
  const log = `${path}.log`
  appendFileSync(log, '')
  return { path, log }
}

describe.skipIf(missing !== undefined)(`a commit${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let syncs: Record<string, string[]>
  beforeAll(() => {
    const { path, log } = freshHome()
    const run = runChild('syncs', path, { shim, log })
    expect(run.trouble).toBe('')
    syncs = run.said[0] as Record<string, string[]>
  })

  it('is synced at every open: synchronous=FULL', () => {
    // The first write of a new log syncs its header and its name too.
    for (const name of ['first', 'reopened', 'rekeyed']) expect(syncs[name], name).toEqual(['vault.db-wal', 'vault', 'vault.db-wal'])
  })

  it('is shared by all writes that wait', () => {
    expect(syncs['many']).toEqual(['vault.db-wal'])
  })

  it('costs nothing where nothing is written', () => {
    expect([syncs['refused'], syncs['read']]).toEqual([[], []])
  })

  it('syncs a replaced file and its folder', () => {
    expect(syncs['keyslots']).toEqual(['keyslots.json.new', 'vault'])
    expect(syncs['pending']?.[0]).toBe('pending-events')
    expect(syncs['pending']?.length).toBe(2)
    expect(syncs['pendingAgain']).toEqual(['pending-events'])
  })
})

describe.skipIf(missing !== undefined)('a disk that is full or broken', () => {
  it('fails every write of the batch, changes nothing, and lets later ones succeed', () => {
    const { path, log } = freshHome()
    const run = runChild('full', path, { shim, log })
    expect(run.trouble).toBe('')
    expect(run.said).toEqual([{
      SHIM_FULL: ['DISK_FULL', 'DISK_FULL', 'DISK_FULL'],
      SHIM_BROKEN: ['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED'],
      keyslots: 'DISK_FULL',
      rekey: 'DISK_FULL',
      after: 1,
      kept: 2,
    }])
  })
})

describe('kill -9', () => {
  it('in the middle of commits loses nothing that was answered', async () => {
    const { path } = freshHome()
    const child = startChild('commits', path)
    const answered: number[] = []
    for await (const line of createInterface(child.stdout)) {
      answered.push(Number(line))
      if (answered.length === 300) child.kill('SIGKILL')
    }
    const home = createHome(path)
    expect(home.acquire()).toBe(true)
    const store = home.openStore(databaseKey) ?? expect.unreachable()
    const kept = store.read(({ audit }) => audit.page(0, 1_000_000))
    expect(answered).toEqual(answered.map((_, n) => n))
    expect(kept.slice(0, answered.length).map(({ sequence }) => sequence)).toEqual(answered)
    for (const { sequence, leaf } of kept) expect(leaf).toEqual(new Uint8Array(200).fill(sequence))
    await store.close()
    home.release()
  })

  it.skipIf(missing !== undefined)('between any two steps of the first start leaves no vault or a whole one', async () => {
    const empty = join(folder.path, 'start')
    const log = `${empty}.log`
    expect(runChild('stage', empty, { shim, log, dieAt: 0 }).said).toEqual(['done'])
    const steps = stepsOf(log)
    expect(steps.length).toBeGreaterThan(20)
    const states = new Set<string>()
    for (const dieAt of steps) {
      rmSync(empty, { recursive: true, force: true })
      expect(runChild('stage', empty, { shim, dieAt }).signal).toBe('SIGKILL')
      const home = createHome(empty)
      expect(home.acquire()).toBe(true)
      states.add(home.state())
      if (home.state() === 'present') await expectWhole(home)
      else {
        const staged = home.stage()
        await staged.createStore(databaseKey).close()
        staged.commit(keyslotBytes)
        expect(readdirSync(empty).sort()).toEqual(['owner.lock', 'vault'])
      }
      home.release()
    }
    expect([...states]).toEqual(['none', 'present'])
  }, 120_000)

  it.skipIf(missing !== undefined)('between any two steps of a rekey leaves a database that one of the two keys opens, whole', async () => {
    const first = freshHome()
    expect(runChild('rekey', first.path, { shim, log: first.log, dieAt: 0 }).said).toEqual(['done'])
    const opened: string[] = []
    for (const dieAt of stepsOf(first.log)) {
      const { path } = freshHome()
      expect(runChild('rekey', path, { shim, dieAt }).signal).toBe('SIGKILL')
      const home = createHome(path)
      expect(home.acquire()).toBe(true)
      const old = home.openStore(databaseKey)
      const store = old ?? home.openStore(Secret.own(new Uint8Array(32).fill(8))) ?? expect.unreachable()
      opened.push(old ? 'old' : 'new')
      expect(store.read(({ audit }) => audit.next())).toBe(5)
      await store.close()
      expect(readdirSync(join(path, 'vault')).sort()).toEqual(['keyslots.json', 'vault.db'])
      home.release()
      rmSync(path, { recursive: true })
    }
    expect([...new Set(opened)]).toEqual(['old', 'new'])
  }, 120_000)

  it.skipIf(missing !== undefined)('between any two steps of replacing the keyslots leaves the old or the new ones', () => {
    const first = freshHome()
    expect(runChild('keyslots', first.path, { shim, log: first.log, dieAt: 0 }).said).toEqual(['done'])
    const lengths = new Set<number>()
    for (const dieAt of stepsOf(first.log)) {
      const { path } = freshHome()
      expect(runChild('keyslots', path, { shim, dieAt }).signal).toBe('SIGKILL')
      lengths.add(createHome(path).readKeyslots().length)
    }
    expect([...lengths]).toEqual([keyslotBytes.length, 100_000])
  }, 60_000)
})

async function expectWhole(home: ReturnType<typeof createHome>): Promise<void> {
  expect(home.readKeyslots()).toEqual(keyslotBytes)
  const store = home.openStore(databaseKey) ?? expect.unreachable()
  expect(store.read(({ audit }) => audit.next())).toBe(3)
  await store.close()
  expect(existsSync(join(home.path, 'vault.new'))).toBe(false)
}
