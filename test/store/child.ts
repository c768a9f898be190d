// A process of its own for the tests: `node child.ts SCENARIO FOLDER`. Speaks JSON lines on stdout.
import { readFileSync, writeSync } from 'node:fs'
import type { Store } from '#core/ports/store.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { createHome } from '#store/home.ts'
import { databaseKey, keyslotBytes } from './home-folder.ts'

const [scenario = '', folder = ''] = process.argv.slice(2)
const home = createHome(folder)

const scenarios: Record<string, () => Promise<void>> = {
  /** Takes the lock, says whether it got it, and keeps it until its stdin ends. */
  async own() {
    say(home.acquire())
    await untilStdinEnds()
  },

  /** Syncs per commit: after opening, after opening again, of many at once, of a failing one, of a read. */
  async syncs() {
    own()
    let store = open()
    const first = await syncsOf(() => append(store, 1))
    const many = await syncsOf(() => append(store, 200))
    const refused = await syncsOf(() => store.write(() => { throw new Error('refused') }).catch(() => undefined))
    const read = await syncsOf(async () => store.read(({ audit }) => audit.next()))
    await store.close()
    store = open()
    const reopened = await syncsOf(() => append(store, 1))
    await store.rekey(databaseKey)
    const rekeyed = await syncsOf(() => append(store, 1))
    const keyslots = await syncsOf(async () => { home.replaceKeyslots(keyslotBytes) })
    const pending = await syncsOf(async () => { home.appendPendingEvent('{}') })
    const pendingAgain = await syncsOf(async () => { home.appendPendingEvent('{}') })
    say({ first, many, refused, read, reopened, rekeyed, keyslots, pending, pendingAgain })
  },

  /** Appends records without end, in batches, and says the number of each that is durable. */
  async commits() {
    own()
    const store = open()
    for (;;) await Promise.all(Array.from({ length: 5 }, () => appendOne(store).then(say)))
  },

  /** Makes a vault; the shim ends the process at the step in SHIM_DIE_AT. */
  async stage() {
    own()
    armShim()
    const staged = home.stage()
    const store = staged.createStore(databaseKey)
    await append(store, 3)
    await store.close()
    staged.commit(keyslotBytes)
    say('done')
  },

  /** Appends, rekeys to 32 bytes of 8, appends; the shim ends the process at the step in SHIM_DIE_AT. */
  async rekey() {
    own()
    const store = open()
    await append(store, 5)
    armShim()
    await store.rekey(Secret.own(new Uint8Array(32).fill(8)))
    say('done')
  },

  /** Replaces the keyslots; the shim ends the process at the step in SHIM_DIE_AT. */
  async keyslots() {
    own()
    armShim()
    home.replaceKeyslots(new Uint8Array(100_000).fill(0x20))
    say('done')
  },

  /** Writes while the disk is full, while it is broken, and after. */
  async full() {
    own()
    const store = open()
    await append(store, 1)
    const failures: Record<string, unknown> = {}
    for (const trouble of ['SHIM_FULL', 'SHIM_BROKEN']) {
      process.env[trouble] = '1'
      const results = await Promise.allSettled([1, 2, 3].map(() => appendOne(store)))
      process.env[trouble] = ''
      failures[trouble] = results.map((result) => (result.status === 'rejected' ? code(result.reason) : 'durable'))
    }
    process.env['SHIM_FULL'] = '1'
    failures['keyslots'] = attempt(() => { home.replaceKeyslots(keyslotBytes) })
    failures['rekey'] = await store.rekey(databaseKey).then(() => 'done', code)
    process.env['SHIM_FULL'] = ''
    failures['after'] = await appendOne(store)
    await store.close()
    failures['kept'] = open().read(({ audit }) => audit.next())
    say(failures)
  },
}

function own(): void {
  if (!home.acquire()) throw new Error('the home is in use')
}

function open(): Store {
  const store = home.openStore(databaseKey)
  if (!store) throw new Error('the key does not open the database')
  return store
}

function appendOne(store: Store): Promise<number> {
  return store.write(({ audit }) => {
    const sequence = audit.next()
    audit.append(sequence, new Uint8Array(200).fill(sequence))
    return sequence
  })
}

async function append(store: Store, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => appendOne(store)))
}

/** The names of the files that were synced meanwhile. */
async function syncsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = log().length
  await work()
  return log().slice(before).map((line) => line.replace(/.*\//, ''))
}

function log(): string[] {
  return readFileSync(process.env['SHIM_LOG'] ?? '', 'utf8').split('\n').filter((line) => line !== '')
}

function armShim(): void {
  process.env['SHIM_DIE_AT'] = process.env['DIE_AT'] ?? '0'
}

function attempt(work: () => void): unknown {
  try {
    work()
    return 'done'
  } catch (error) {
    return code(error)
  }
}

function code(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : String(error)
}

function say(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`)
}

function untilStdinEnds(): Promise<void> {
  return new Promise((resolve) => { process.stdin.on('end', resolve).resume() })
}

await scenarios[scenario]?.()
