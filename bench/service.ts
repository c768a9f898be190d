// The whole service against the bare token: Encrypt of 32 bytes by 16 callers, with every call authenticated, authorised, sealed and on the
// record, durably, before its answer. Then where the time of such a call goes.

import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporaryVault, type TemporaryVault } from '../test/services/temporary-vault.ts'
import { watchedHome, watchedHsm, type Watch } from '../test/services/watched-ports.ts'
import { measureHsm } from './hsm-bare.ts'
import { median, table } from './rounds.ts'

const CALLERS = 16

interface Round {
  readonly bare: number
  readonly hosted: number
  readonly service: number
  /** Appends of 4 KiB with fsync per second, one after the other: what durability costs on this disk. */
  readonly fsyncs: number
  /** Milliseconds of one call: the whole, and the parts spent waiting for the token and for the store. */
  readonly call: { readonly whole: number; readonly hsm: number; readonly store: number }
}

/** Prints the table. `rounds` rounds of about `4 * seconds` each. */
export async function benchService(rounds: number, seconds: number): Promise<void> {
  const spent = { hsm: 0, store: 0 }
  await using vault = await temporaryVault({ hsm: watchedHsm(timing(spent, 'hsm')), home: (path) => watchedHome(path, timing(spent, 'store')) })
  const KeyId = (await vault.api.kms.CreateKey({})).KeyMetadata.KeyId
  await load(vault, KeyId, seconds)
  const seen: Round[] = []
  for (let i = 0; i < rounds; i++) seen.push(await round(vault, KeyId, spent, seconds))
  print(seen)
}

async function round(vault: TemporaryVault, KeyId: string, spent: { hsm: number; store: number }, seconds: number): Promise<Round> {
  const token = await measureHsm(seconds)
  const fsyncs = measureFsync(seconds)
  spent.hsm = 0
  spent.store = 0
  const calls = await load(vault, KeyId, seconds)
  return {
    bare: token.find((row) => row.what === 'bare token')?.callsPerSecond ?? 0,
    hosted: token.find((row) => row.what === 'through a host' && row.callers === CALLERS)?.callsPerSecond ?? 0,
    service: calls.perSecond,
    fsyncs,
    call: { whole: (CALLERS / calls.perSecond) * 1_000, hsm: spent.hsm / calls.count, store: spent.store / calls.count },
  }
}

async function load(vault: TemporaryVault, KeyId: string, seconds: number): Promise<{ count: number; perSecond: number }> {
  let count = 0
  const started = performance.now()
  const end = started + seconds * 1_000
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      do {
        await vault.api.kms.Encrypt({ KeyId, Plaintext: new Uint8Array(32), EncryptionContext: { bench: 'service' } })
        count += 1
      } while (performance.now() < end)
    }),
  )
  return { count, perSecond: count / ((performance.now() - started) / 1_000) }
}

/** Adds up how long calls of a port take, over all callers. */
function timing(spent: { hsm: number; store: number }, part: 'hsm' | 'store'): Watch {
  // Calls of one port end in the order in which they began as seen by a sum: the sum of ends minus the sum of beginnings.
  return (_call, when) => {
    spent[part] += when === 'after' ? performance.now() : -performance.now()
  }
}

function measureFsync(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const file = openSync(join(folder, 'fsync'), 'w', 0o600)
  try {
    const page = new Uint8Array(4_096)
    const started = performance.now()
    let count = 0
    do {
      writeSync(file, page)
      fsyncSync(file)
      count += 1
    } while (performance.now() - started < (seconds * 1_000) / 2)
    return count / ((performance.now() - started) / 1_000)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}

function print(rounds: readonly Round[]): void {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure))
  const bare = of((round) => round.bare)
  const share = (figure: (round: Round) => number): string => `${(of((round) => figure(round) / round.bare) * 100).toFixed(1)} %`
  const row = (name: string, figure: (round: Round) => number): string[] => [name, Math.round(of(figure)).toLocaleString('en'), share(figure)]
  const ms = (value: number): string => value.toFixed(3)
  const whole = of((round) => round.call.whole)
  const part = (name: string, figure: (round: Round) => number): string[] => [name, ms(of(figure)), `${((of(figure) / whole) * 100).toFixed(0)} %`]

  console.log(`Encrypt of 32 bytes on SoftHSM, ${CALLERS} callers, medians of ${rounds.length} rounds\n`)
  console.log(
    table(
      ['', 'calls/s', 'of the bare token'],
      [
        ['bare token, in one process', Math.round(bare).toLocaleString('en'), '100 %'],
        row('through the HSM host', (round) => round.hosted),
        row('the whole service', (round) => round.service),
        row('fsync of 4 KiB alone, one caller', (round) => round.fsyncs),
      ],
    ),
  )
  console.log('\nWhere the time of one call goes\n')
  console.log(
    table(
      ['', 'ms', 'share'],
      [
        part('token and host (C_Encrypt, batches, process border)', (round) => round.call.hsm),
        part('durable record (group commit: SQLCipher and fsync)', (round) => round.call.store),
        part('the rest (contract, gate, digest, waiting for the loop)', (round) => round.call.whole - round.call.hsm - round.call.store),
        ['the whole call', ms(whole), '100 %'],
      ],
    ),
  )
  console.log(`\nCalls made durable by one fsync of this disk: ${of((round) => round.service / round.fsyncs).toFixed(1)} (group commit)\n`)
}
