import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdfast, type Outcome, type Surroundings } from './commands.ts'

// `audit` as a person has it: real processes, a real home, a real token.

let base: string
let around: Surroundings
const inBase = (name: string): string => join(base, name)
const audit = (...args: string[]): Promise<Outcome> => holdfast(around, 'audit', ...args)

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hf-test-'))
  writeFileSync(inBase('passphrase'), 'correct horse battery staple', { mode: 0o600 })
  mkdirSync(inBase('runtime'), { mode: 0o700 })
  around = { home: inBase('home'), passphraseFile: inBase('passphrase'), runtime: inBase('runtime') }
  await holdfast(around, 'init', '--account', '111122223333', '--region', 'lab')
  await holdfast(around, 'kms', 'create-key', '--description', 'payroll')
  await holdfast(around, 'kms', 'generate-random', '--number-of-bytes', '8')
  await holdfast(around, 'kms', 'describe-key', '--key-id', 'alias/none')
})

afterAll(() => { rmSync(base, { recursive: true, force: true }) })

describe('audit', () => {
  it('lists records, newest first, and by what is asked for', async () => {
    const all = await audit('list')
    expect(all.code).toBe(0)
    expect(all.stdout).toMatch(/^RECORD +TIME +EVENT +PRINCIPAL +KEY +RESULT\n/)
    const failed = await audit('list', '--outcome', 'failed', '--json')
    expect(JSON.parse(failed.stdout)).toMatchObject({ records: [{ operation: 'DescribeKey', failure: 'NotFoundException', principal: 'arn:aws:iam::111122223333:root' }] })
    const named = await audit('list', '--operation', 'CreateKey', '--principal', 'root', '--since', '1h', '--json')
    expect((JSON.parse(named.stdout) as { records: unknown[] }).records).toHaveLength(1)
    expect((await audit('list', '--text', 'payroll', '--json')).stdout).toContain('CreateKey')
    expect((await audit('list', '--since', 'yesterday')).code).toBe(2)
  })

  it('shows a record as it was written, with its leaf hash', async () => {
    const { sequence, leafHash, event } = JSON.parse((await audit('show', '0', '--json')).stdout) as { sequence: number; leafHash: string; event: Record<string, unknown> }
    expect({ sequence, name: event['eventName'] }).toEqual({ sequence: 0, name: 'InitialiseVault' })
    expect(leafHash).toMatch(/^[0-9a-f]{64}$/)
    expect((await audit('show', '99999')).stderr).toContain('The trail has no record 99999.')
  })

  it('signs a checkpoint, keeps it in a file, and verifies the trail against it', async () => {
    const made = await audit('checkpoint', 'export', inBase('kept.checkpoint'))
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^The checkpoint of \d+ records is in .*kept\.checkpoint\./) as string })
    expect(readFileSync(inBase('kept.checkpoint'), 'utf8')).toMatch(/^holdfast\/audit\/v1\/[0-9a-f-]{36}\/[0-9a-f]{32}\n\d+\n[A-Za-z0-9+/=]{44}\ntime [0-9TZ:.-]+\n\n— holdfast\/audit\/v1\S+ [A-Za-z0-9+/]{91}=\n$/)
    expect((await audit('checkpoint', 'export', inBase('kept.checkpoint'))).stderr).toContain('FILE_EXISTS')
    const { code, stdout } = await audit('verify', '--checkpoint', inBase('kept.checkpoint'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+ records verified in [\d.]+ s, none changed, removed or added\.\nCheckpoints signed in the HSM cover records 0 to \d+ \(\d+ stored here\)\.\n.*kept\.checkpoint \(\d+ records\) is the beginning of this trail\.\n$/)
    expect((await audit('checkpoint', 'list')).stdout).toMatch(/^RECORDS +SIGNED +ROOT\n/)
  })

  it('tells with its exit code that a checkpoint kept elsewhere does not fit', async () => {
    writeFileSync(inBase('other.checkpoint'), readFileSync(inBase('kept.checkpoint'), 'utf8').replace(/\n(\d+)\n/, '\n1\n'))
    const { code, stdout, stderr } = await audit('verify', '--checkpoint', inBase('other.checkpoint'))
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'holdfast: The audit trail was altered or is not under this key. (NOT_AUTHENTIC)\n' })
    expect(stdout).toContain("is not signed by this vault's key")
  })

  it('proves a record to whoever has no vault, and refuses a changed proof', async () => {
    await audit('prove', '1', '--out', inBase('1.proof.json'))
    const [key] = (JSON.parse((await audit('key', '--json')).stdout) as { keys: { pem: string; sha256: string }[] }).keys
    writeFileSync(inBase('trail.pem'), key?.pem ?? '')
    const nowhere = { home: inBase('nowhere') }
    const held = await holdfast(nowhere, 'audit', 'verify-proof', inBase('1.proof.json'), '--key', inBase('trail.pem'))
    expect(held).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Record 1 is one of \d+ of holdfast\/audit\/v1\//) as string })
    expect((await holdfast(nowhere, 'audit', 'verify-proof', inBase('1.proof.json'))).stdout).toContain(key?.sha256)
    expect(existsSync(nowhere.home)).toBe(false)
    const proof = readFileSync(inBase('1.proof.json'), 'utf8')
    writeFileSync(inBase('changed.json'), proof.replace(/(\\"eventName\\":\\")\w/, '$1X'))
    expect(await holdfast(nowhere, 'audit', 'verify-proof', inBase('changed.json'))).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_AUTHENTIC') as string })
    writeFileSync(inBase('broken.json'), '{}')
    expect(await holdfast(nowhere, 'audit', 'verify-proof', inBase('broken.json'))).toMatchObject({ code: 1, stderr: expect.stringContaining('MALFORMED') as string })
  })

  it('proves that an older checkpoint is the beginning of the trail', async () => {
    await audit('checkpoint', 'export', inBase('newer.checkpoint'))
    expect((await audit('prefix', inBase('kept.checkpoint'), '--out', inBase('prefix.json'))).stdout).toMatch(/^The proof that \d+ records are the beginning of \d+ is in /)
    expect((await holdfast({ home: inBase('nowhere') }, 'audit', 'verify-proof', inBase('prefix.json'))).stdout).toMatch(/^The first \d+ records of .* are the beginning of its \d+\.\n/)
  })

  it('exports JSON lines whose leaf hashes are the trail’s, and a table', async () => {
    await audit('export', '--out', inBase('trail.jsonl'))
    const lines = readFileSync(inBase('trail.jsonl'), 'utf8').trimEnd().split('\n')
    const { leafHash } = JSON.parse((await audit('show', '2', '--json')).stdout) as { leafHash: string }
    expect(createHash('sha256').update(Buffer.concat([Uint8Array.of(0), Buffer.from(lines[2] ?? '')])).digest('hex')).toBe(leafHash)
    const { stdout } = await audit('export', '--format', 'csv', '--outcome', 'failed')
    expect(stdout).toMatch(/^sequence,eventTime,eventName,principal,account,region,keys,errorCode,errorMessage,/)
    expect(stdout).toContain(',NotFoundException,')
  })

  it('exports CloudTrail files whose digests OpenSSL verifies, each chained to the one before', async () => {
    const folder = inBase('cloudtrail')
    expect(await audit('export', '--format', 'cloudtrail', '--since', '2h', '--out', folder)).toMatchObject({ code: 0, stderr: '' })
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const digests = files.filter((name) => name.includes('CloudTrail-Digest') && name.endsWith('.json.gz')).sort()
    expect(digests).toHaveLength(3)
    const pem = files.find((name) => name.endsWith('.pem')) ?? ''
    let previous: { object: string; content: Buffer; signature: string } | undefined
    let records = 0
    for (const object of digests) {
      const content = gunzipSync(readFileSync(join(folder, object)))
      const signature = readFileSync(join(folder, `${object}.signature`), 'utf8').trim()
      const digest = JSON.parse(content.toString()) as Record<string, string | null> & { logFiles: { s3Object: string; hashValue: string }[] }
      expect(digest).toMatchObject({ digestS3Object: object, digestSignatureAlgorithm: 'SHA256withRSA', previousDigestS3Object: previous?.object ?? null, previousDigestSignature: previous?.signature ?? null })
      expect(digest['previousDigestHashValue']).toBe(previous === undefined ? null : createHash('sha256').update(previous.content).digest('hex'))
      const signed = [digest['digestEndTime'], `holdfast-audit/${object}`, createHash('sha256').update(content).digest('hex'), previous?.signature ?? 'null'].join('\n')
      writeFileSync(inBase('signed'), signed)
      writeFileSync(inBase('signature'), Buffer.from(signature, 'hex'))
      expect(execFileSync('openssl', ['dgst', '-sha256', '-verify', join(folder, pem), '-signature', inBase('signature'), inBase('signed')]).toString()).toBe('Verified OK\n')
      for (const { s3Object, hashValue } of digest.logFiles) {
        const log = gunzipSync(readFileSync(join(folder, s3Object)))
        expect(createHash('sha256').update(log).digest('hex')).toBe(hashValue)
        const { Records } = JSON.parse(log.toString()) as { Records: Record<string, unknown>[] }
        for (const record of Records) expect(record).toMatchObject({ eventVersion: '1.11', recipientAccountId: '111122223333', eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string })
        records += Records.length
      }
      previous = { object, content, signature }
    }
    expect(records).toBeGreaterThan(10)
  })

  it('counts calls by day', async () => {
    const { days, last } = JSON.parse((await audit('usage', '--days', '2', '--json')).stdout) as { days: { calls: number; failed: number }[]; last: { operation: string } }
    expect(days).toHaveLength(2)
    expect(days.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(20)
    expect(days.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThanOrEqual(2)
    expect(last.operation).toMatch(/./)
  })
})
