import { disagreements } from './agreement.ts'
import { Ledger } from './ledger.ts'
import { letTimePass, move, seeMaterials, type Actor } from './moves.ts'
import { openAt, type Opened } from './opened.ts'
import { DAY } from '../clocks.ts'

// One life of a vault that is killed: `node child.ts HOME LEDGER SEED work|end`. It unlocks, checks that store, token and ledger agree, says `checked` and
// works until it is killed; or, at the end, takes back every second deletion, lets the others come due, and checks again.

const [, , homePath = '', ledgerPath = '', seed = '1', mode = 'work'] = process.argv
const ACTORS = 3

const ledger = new Ledger(ledgerPath)
const vault = await openAt(homePath, ledger.account.clock)
await agree('after the unlock')
if (mode === 'end') await end()
else {
  process.stdout.write('checked\n')
  const actors = Array.from({ length: ACTORS }, (_, number): Actor => ({ number, vault, ledger, random: seeded(Number(seed) * ACTORS + number) }))
  const [time] = actors
  await Promise.all([...actors.map((actor) => forever(() => move(actor))), forever(() => letTimePass({ ...(time as Actor), random: seeded(Number(seed) + 7_919) }))])
}

async function forever(work: () => Promise<void>): Promise<never> {
  for (;;) await work()
}

async function end(): Promise<void> {
  const pending = [...ledger.account.keys.keys()].filter((id) => ['PendingDeletion', 'PendingReplicaDeletion'].includes(stateOf(vault, id, 'lab') ?? ''))
  const kept = pending.filter((_, place) => place % 2 === 0)
  for (const KeyId of kept) {
    await vault.regions.lab.kms.CancelKeyDeletion({ KeyId })
    await vault.regions.lab.kms.EnableKey({ KeyId })
    ledger.write({ found: { [`key ${KeyId} lab`]: 'Enabled' } })
  }
  // Long enough for a replica's waiting period, its primary's after it, and the day of running time of each.
  for (let day = 0; day < 40; day++) {
    ledger.write({ clock: vault.clocks.now() + DAY })
    vault.clocks.pass(DAY)
    await vault.look()
  }
  seeMaterials({ vault, ledger }, ledger.account.keys.keys())
  // A primary waits for as long as it has a replica.
  const late = pending.filter((id) => !kept.includes(id) && stateOf(vault, id, 'lab') !== undefined && stateOf(vault, id, 'north') === undefined)
  if (late.length > 0) fail([`${late.length} keys are there after their time: ${late.join(', ')}`])
  await agree('at the end')
  const { account } = ledger
  process.stdout.write(`${JSON.stringify({ calls: account.calls, keys: account.keys.size, proofs: account.proofs.length, records: vault.store.read((tables) => tables.audit.next()) })}\n`)
  await vault[Symbol.asyncDispose]()
}

async function agree(when: string): Promise<void> {
  const wrong = await disagreements(vault, ledger)
  if (wrong.length > 0) fail(wrong.map((sentence) => `${when}: ${sentence}`))
}

function fail(sentences: readonly string[]): never {
  process.stderr.write(`${sentences.join('\n')}\n`)
  process.exit(3)
}

function stateOf({ store }: Opened, id: string, region: string): string | undefined {
  return store.read((tables) => tables.keys.get({ id: id as never, region: region as never })?.state)
}

/** mulberry32: small, and the same everywhere, so that a run can be had again from its seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * below)
  }
}
