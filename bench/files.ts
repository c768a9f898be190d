// How fast a file is encrypted and decrypted, against what this machine can do at all: `cp`, and node:crypto on bytes in memory. All in one
// run and in turns, so that a busy machine slows all alike; the ratios are what may be compared. Run alone: `node bench/files.ts [rounds] [MiB] [folder]`.
// A folder in memory (/dev/shm) shows the program, one on a disk shows the disk.

import { spawnSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporaryVault } from '../test/services/temporary-vault.ts'
import { median, table } from './rounds.ts'

export interface Row {
  readonly what: string
  /** Median over the rounds, 10^9 bytes of plaintext per second. */
  readonly gigabytesPerSecond: number
  /** Its speed over that of `cp` in this run. */
  readonly overCopy: number
}

const FRAME = 262_144

/** `rounds` of each, in turns, on a file of `bytes` in a new folder inside `folder`. */
export async function measureFiles({ rounds, bytes, folder = memoryFolder() }: { rounds: number; bytes: number; folder?: string }): Promise<Row[]> {
  const place = mkdtempSync(join(folder, 'hf-bench-'))
  try {
    await using vault = await temporaryVault()
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const path = join(place, 'original')
    const out = join(place, 'out')
    mkdirSync(out)
    writeNoise(path, bytes)
    const whole = async (events: Promise<AsyncIterator<unknown>>): Promise<void> => {
      const iterator = await events
      while ((await iterator.next()).done !== true);
    }
    const ways: Record<string, () => Promise<void> | void> = {
      cp: () => { run('cp', path, join(place, 'copy')) },
      'cp, then fsync': () => { run('dd', `if=${path}`, `of=${join(place, 'synced')}`, 'bs=1M', 'conv=fsync') },
      encrypt: () => whole(vault.api.files.encrypt({ path, keyId: KeyMetadata.KeyId, existing: 'replace' })),
      decrypt: () => whole(vault.api.files.decrypt({ path: `${path}.holdfast`, folder: out, existing: 'replace' })),
      'node:crypto seals in memory': () => { sealInMemory(bytes) },
      'node:crypto opens in memory': () => { openInMemory(bytes) },
    }
    const times = Object.fromEntries(Object.keys(ways).map((what) => [what, [] as number[]]))
    for (let round = -1; round < rounds; round++) {
      for (const [what, way] of Object.entries(ways)) {
        const began = performance.now()
        await way()
        // The first round only warms up.
        if (round >= 0) times[what]?.push(performance.now() - began)
      }
    }
    const speeds = Object.entries(times).map(([what, each]) => ({ what, gigabytesPerSecond: bytes / median(each) / 1e6 }))
    const copy = speeds[0]?.gigabytesPerSecond ?? Number.NaN
    return speeds.map((row) => ({ ...row, overCopy: row.gigabytesPerSecond / copy }))
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function run(program: string, ...args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' })
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status ?? 'a signal'}`)
}

function writeNoise(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  const block = randomBytes(1_048_576)
  for (let left = bytes; left > 0; left -= block.length) writeSync(file, block, 0, Math.min(block.length, left))
  closeSync(file)
}

const key = createSecretKey(randomBytes(32))

function sealInMemory(bytes: number): void {
  const plaintext = randomBytes(FRAME)
  for (let at = 0; at < bytes; at += FRAME) seal(plaintext)
}

function seal(plaintext: Uint8Array): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12))
  cipher.setAAD(new Uint8Array(76))
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return { ciphertext, tag: cipher.getAuthTag() }
}

function openInMemory(bytes: number): void {
  const { ciphertext, tag } = seal(randomBytes(FRAME))
  for (let at = 0; at < bytes; at += FRAME) {
    const decipher = createDecipheriv('aes-256-gcm', key, new Uint8Array(12))
    decipher.setAAD(new Uint8Array(76)).setAuthTag(tag)
    decipher.update(ciphertext)
    decipher.final()
  }
}

/** Where a file costs no disk, if there is such a place. */
function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

/** Measures and prints. */
export async function benchFiles(rounds: number, mebibytes: number, folder?: string): Promise<void> {
  const rows = await measureFiles({ rounds, bytes: mebibytes * 1_048_576, ...(folder === undefined ? {} : { folder }) })
  const cells = rows.map(({ what, gigabytesPerSecond, overCopy }) => [what, gigabytesPerSecond.toFixed(2), overCopy.toFixed(2)])
  console.log(`Files: one of ${mebibytes} MiB, medians of ${rounds} rounds\n${table(['', 'GB/s', 'over cp'], cells)}`)
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = '7', mebibytes = '512', folder] = process.argv.slice(2)
  await benchFiles(Number(rounds), Number(mebibytes), folder)
  process.exit(0)
}
