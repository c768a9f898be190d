// How fast files are encrypted and decrypted, through a running `serve` (the client's start included) and by the engine alone, against age, gpg, openssl,
// cp and the AWS Encryption SDK. All in one run and in turns, so that a busy machine slows all alike; the ratios are what may be compared.
// `npm run bench:files`, or `node bench/files.ts [rounds] [MiB] [folder]`, after `node build/run.mjs build`. A folder in memory (/dev/shm) shows the
// program, one on a disk shows the disk.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { layoutOfPlaintext } from '#core/messages/layout.ts'
import { FRAME_LENGTH } from '#core/messages/suite.ts'
import type { BulkWork } from '#core/ports/files.ts'
import { Secret } from '#core/vocabulary/secret.ts'
import { createFiles } from '#files/files.ts'
import { median, table } from './rounds.ts'

export interface Row {
  readonly what: string
  /** Median over the rounds, seconds. */
  readonly seconds: number
}

type Way = () => Promise<void> | void

const PROGRAM = join(import.meta.dirname, '..', 'out', 'serve', 'cli.js')
const SMALL_FILES = 10_000

/** `rounds` of each way, in turns; the first round only warms up. */
async function inTurns(ways: Readonly<Record<string, Way>>, rounds: number): Promise<Row[]> {
  const times = Object.fromEntries(Object.keys(ways).map((what) => [what, [] as number[]]))
  for (let round = -1; round < rounds; round++) {
    for (const [what, way] of Object.entries(ways)) {
      const began = performance.now()
      await way()
      if (round >= 0) times[what]?.push(performance.now() - began)
    }
  }
  return Object.entries(times).map(([what, each]) => ({ what, seconds: median(each) / 1000 }))
}

/** One long file, then many small ones. */
export async function measureFiles({ rounds, bytes, folder = memoryFolder() }: { rounds: number; bytes: number; folder?: string }): Promise<{ long: Row[]; small: Row[]; peak: number }> {
  const place = mkdtempSync(join(folder, 'hf-bench-'))
  const served = await serve(place)
  try {
    writeNoise(join(place, 'one'), bytes)
    const engine = await engineWays(place, bytes)
    const long = await inTurns({ ...engine.ways, ...served.ways, ...peers(place), ...(await awsWay(place)) }, rounds)
    mkdirSync(join(place, 'tree'))
    for (let i = 0; i < SMALL_FILES; i++) writeFileSync(join(place, 'tree', `f${i}`), randomBytes(4096))
    const small = await inTurns(
      {
        'cp -r': () => { run('cp', '-r', join(place, 'tree'), fresh(place, 'copies')) },
        'encrypt a folder': () => { served.file('encrypt', '-r', join(place, 'tree'), '--key', served.key, '--out', fresh(place, 'sealed')) },
        'decrypt a folder': () => { served.file('decrypt', '-r', join(place, 'sealed'), '--out', fresh(place, 'opened')) },
        'encrypt, a data key per file': () => { served.file('encrypt', '-r', join(place, 'tree'), '--key', served.key, '--data-key-per-file', '--out', fresh(place, 'single')) },
      },
      Math.min(rounds, 3),
    )
    return { long, small, peak: served.peak() }
  } finally {
    await served.close()
    rmSync(place, { recursive: true, force: true })
  }
}

/** An owner of a new vault, and commands that find it. */
async function serve(place: string) {
  const env = { ...process.env, HOLDFAST_HOME: join(place, 'home'), HOLDFAST_PASSPHRASE_FILE: join(place, 'passphrase') }
  writeFileSync(join(place, 'passphrase'), 'correct horse battery staple\n')
  const holdfast = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`holdfast ${args[0] ?? ''} ended with ${status ?? 'a signal'}: ${stderr}`)
    return stdout
  }
  holdfast('init')
  const { KeyMetadata } = JSON.parse(holdfast('kms', 'create-key')) as { KeyMetadata: { KeyId: string } }
  const owner = spawn(process.execPath, [PROGRAM, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(createInterface(owner.stdout), 'line')
  holdfast('login')
  const key = KeyMetadata.KeyId
  const file = (...args: string[]): void => { holdfast('file', ...args) }
  const ways: Record<string, Way> = {
    'encrypt, by serve': () => { file('encrypt', join(place, 'one'), '--key', key, '--replace') },
    'decrypt, by serve': () => { file('decrypt', join(place, 'one.holdfast'), '--out', fresh(place, 'back')) },
    'verify, by serve': () => { file('verify', join(place, 'one.holdfast')) },
  }
  return {
    key,
    file,
    ways,
    /** The owner's high-water mark, bytes; 0 where the system does not tell. */
    peak: () => Number(/VmHWM:\s+(\d+)/.exec(existsSync(`/proc/${owner.pid ?? 0}/status`) ? spawnSync('cat', [`/proc/${owner.pid ?? 0}/status`], { encoding: 'utf8' }).stdout : '')?.[1] ?? 0) * 1024,
    async close() {
      owner.kill('SIGTERM')
      await once(owner, 'exit')
    },
  }
}

/** The engine between two open files: no process, no vault, no names. */
async function engineWays(place: string, bytes: number): Promise<{ ways: Record<string, Way> }> {
  const { engine } = createFiles(join(place, 'engine-home'))
  const layout = layoutOfPlaintext(300, FRAME_LENGTH, bytes)
  if (engine === undefined || layout === undefined) throw new Error('no engine')
  const work: BulkWork = { key: Secret.own(randomBytes(32)), messageId: randomBytes(32), layout, proceed: () => undefined }
  await engine.state()
  const files = createFiles(join(place, 'engine-home'))
  const source = await files.open(join(place, 'one'))
  const facts = { modifiedAt: 0, mode: 0o600 }
  return {
    ways: {
      'engine alone: encrypt': async () => {
        const target = await files.create({ folder: place, name: 'engine', size: bytes, facts, existing: 'replace' })
        await target.write([new Uint8Array(300)])
        await engine.seal(source, target, work)
        await target.commit()
      },
      'engine alone: verify': async () => {
        const sealed = await files.open(join(place, 'engine'))
        await engine.open(sealed, undefined, work)
        await sealed.close()
      },
    },
  }
}

/** What others do with the same file, where they are installed. */
function peers(place: string): Record<string, Way> {
  const one = join(place, 'one')
  const ways: Record<string, Way> = { cp: () => { run('cp', one, join(place, 'copy')) } }
  if (has('age')) {
    const made = spawnSync('age-keygen', ['-o', join(place, 'age.key')], { encoding: 'utf8' }).stderr
    const recipient = /age1\w+/.exec(made)?.[0] ?? ''
    ways['age encrypts'] = () => { run('age', '-r', recipient, '-o', join(place, 'one.age'), one) }
    ways['age decrypts'] = () => { run('age', '-d', '-i', join(place, 'age.key'), '-o', join(place, 'age.out'), join(place, 'one.age')) }
  } else console.log('age is not installed: left out')
  if (has('gpg')) {
    mkdirSync(join(place, 'gpg'), { mode: 0o700 })
    ways['gpg encrypts'] = () => {
      run('gpg', '--homedir', join(place, 'gpg'), '--batch', '--yes', '--quiet', '--compress-algo', 'none', '--passphrase', 'x', '--pinentry-mode', 'loopback', '-o', join(place, 'one.gpg'), '-c', one)
    }
  } else console.log('gpg is not installed: left out')
  if (has('openssl')) ways['openssl enc (CTR, not authenticated)'] = () => { run('openssl', 'enc', '-aes-256-ctr', '-pbkdf2', '-iter', '1', '-k', 'x', '-in', one, '-out', join(place, 'one.ctr')) }
  else console.log('openssl is not installed: left out')
  return ways
}

/** The AWS Encryption SDK's own stream, with the frame length that we write, unsigned. */
async function awsWay(place: string): Promise<Record<string, Way>> {
  const { AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier } = await import('@aws-crypto/client-node')
  const { encryptStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING
  const keyring = new RawAesKeyringNode({ keyNamespace: 'bench', keyName: 'bench', unencryptedMasterKey: Uint8Array.from(randomBytes(32)), wrappingSuite })
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
  return {
    'AWS Encryption SDK for Node encrypts': () =>
      pipeline(createReadStream(join(place, 'one')), encryptStream(keyring, { suiteId, frameLength: FRAME_LENGTH }), createWriteStream(join(place, 'one.aws'))),
  }
}

function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

function run(program: string, ...args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' })
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status ?? 'a signal'}`)
}

/** A folder that is not there. */
function fresh(place: string, name: string): string {
  rmSync(join(place, name), { recursive: true, force: true })
  if (name === 'back') mkdirSync(join(place, name))
  return join(place, name)
}

function writeNoise(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  const block = randomBytes(1_048_576)
  for (let left = bytes; left > 0; left -= block.length) writeSync(file, block, 0, Math.min(block.length, left))
  closeSync(file)
}

/** Where a file costs no disk, if there is such a place. */
function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

/** Measures and prints. */
export async function benchFiles(rounds: number, mebibytes: number, folder?: string): Promise<void> {
  const bytes = mebibytes * 1_048_576
  const { long, small, peak } = await measureFiles({ rounds, bytes, ...(folder === undefined ? {} : { folder }) })
  const secondsOf = (what: string): number => long.find((row) => row.what === what)?.seconds ?? Number.NaN
  const cells = long.map(({ what, seconds }) => {
    const age = secondsOf(what.includes('decrypt') ? 'age decrypts' : 'age encrypts')
    return [what, seconds.toFixed(2), (bytes / seconds / 1e9).toFixed(2), (secondsOf('cp') / seconds).toFixed(2), (age / seconds).toFixed(2)]
  })
  console.log(`Files: one of ${mebibytes} MiB, medians of ${rounds} rounds in turns\n${table(['', 's', 'GB/s', 'over cp', 'over age'], cells)}`)
  console.log(`\n${SMALL_FILES} files of 4 KiB\n${table(['', 's', 'µs a file'], small.map(({ what, seconds }) => [what, seconds.toFixed(2), ((seconds / SMALL_FILES) * 1e6).toFixed(0)]))}`)
  console.log(`\npeak memory of the owner: ${Math.round(peak / 1_048_576)} MiB`)
}

if (process.argv[1] === import.meta.filename) {
  const [rounds = '7', mebibytes = '1024', folder] = process.argv.slice(2)
  await benchFiles(Number(rounds), Number(mebibytes), folder)
  process.exit(0)
}
