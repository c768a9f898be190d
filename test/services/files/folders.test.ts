import type { FolderResultView } from '#contract/files.ts'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { holdfastKeyring } from './aws-keyring.ts'
import { fileVault, noise, result, type FileVault } from './file-vault.ts'

let on: FileVault
const made: string[] = []

beforeAll(async () => { on = await fileVault() })
afterAll(() => on[Symbol.asyncDispose]())
afterEach(() => { for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true }) })

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hf-folder-'))
  made.push(folder)
  return folder
}

/** Small files, an empty one, one in between and a long one, in folders in folders. */
function tree(root: string, count: number): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let i = 0; i < count; i++) files.set(join(`d${i % 3}`, `e${i % 2}`, `file ${i}.bin`), Buffer.from(noise((i * 977) % 9000, i + 1)))
  files.set('empty', Buffer.alloc(0))
  files.set('frames.bin', Buffer.from(noise(700_001, 77)))
  files.set('long.bin', Buffer.from(noise(5_000_000, 78)))
  for (const [name, content] of files) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), content, { mode: 0o640 })
    utimesSync(join(root, name), 1_000_000, 1_000_000)
  }
  return files
}

function names(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1)).sort()
}

describe('a folder', () => {
  it('comes back as it was, under one data key, with times and modes', async () => {
    const [root, sealed, back] = [place(), place(), place()]
    const files = tree(root, 60)
    const from = on.next()
    const done = await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', context: { purpose: 'batch' }, folder: sealed }))
    expect(done).toMatchObject({ folder: sealed, files: files.size, failed: 0, failures: [] })
    expect(on.records(from).map((record) => record['eventName'])).toEqual(['GenerateDataKey', 'EncryptFolder'])
    expect(names(sealed)).toEqual([...files.keys()].map((name) => `${name}.holdfast`).sort())
    const opened = await result(on.api.files.decryptFolder({ path: sealed, folder: back, context: { purpose: 'batch' } }))
    expect(opened).toMatchObject({ files: files.size, failed: 0 })
    expect(names(back)).toEqual([...files.keys()].sort())
    for (const [name, content] of files) {
      expect(readFileSync(join(back, name)).equals(content), name).toBe(true)
      expect(statSync(join(back, name))).toMatchObject({ mode: 0o100640, mtimeMs: 1_000_000_000 })
    }
  })

  it('has a message id of its own in each file, and each is read by the Encryption SDK', async () => {
    const [root, sealed] = [place(), place()]
    const files = tree(root, 20)
    await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', context: { purpose: 'batch' }, folder: sealed }))
    const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    const ids = new Set<string>()
    for (const [name, content] of files) {
      const message = readFileSync(join(sealed, `${name}.holdfast`))
      ids.add(message.subarray(3, 35).toString('hex'))
      const { plaintext } = await decrypt(holdfastKeyring(on.api, 'alias/files'), message)
      expect(plaintext.equals(content), name).toBe(true)
    }
    expect(ids.size).toBe(files.size)
  })

  it('has a data key for each file where that is asked for', async () => {
    const root = place()
    for (let i = 0; i < 10; i++) writeFileSync(join(root, String(i)), 'x')
    const from = on.next()
    await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', dataKey: 'per-file' }))
    expect(on.records(from).filter((record) => record['eventName'] === 'GenerateDataKey')).toHaveLength(10)
    const back = place()
    expect(await result(on.api.files.decryptFolder({ path: root, folder: back }))).toMatchObject({ files: 10, failed: 0 })
  })

  it('refuses links, and names what it refused', async () => {
    const root = place()
    writeFileSync(join(root, 'a'), 'x')
    linkSync(join(root, 'a'), join(root, 'hard'))
    symlinkSync(join(root, 'a'), join(root, 'soft'))
    symlinkSync('/', join(root, 'away'))
    const done = await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files' }))
    expect(done).toMatchObject({ files: 2, failed: 2 })
    expect(done.failures.map(({ path, code }: FolderResultView['failures'][number]) => [path, code]).sort()).toEqual([[join(root, 'away'), 'FILE_UNREADABLE'], [join(root, 'soft'), 'FILE_UNREADABLE']])
  })

  it.each([{ signature: 'ecdsa' }, { afterwards: 'verify' }] as const)('refuses %j for files that share a data key, rather than ignoring it', async (choice) => {
    const root = place()
    writeFileSync(join(root, 'a'), 'x')
    await expect(result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', ...choice }))).rejects.toMatchObject({ code: 'ValidationException' })
    expect(await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', dataKey: 'per-file', ...choice }))).toMatchObject({ files: 1, failed: 0 })
  })

  it('names a file whose name is no UTF-8, and leaves it alone', async () => {
    const root = place()
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0x66, 0xff, 0x66)]), 'x')
    writeFileSync(join(root, 'a'), 'x')
    const done = await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files' }))
    expect(done).toMatchObject({ files: 1, failed: 1 })
    expect(done.failures[0]?.text).toContain('UTF-8')
  })

  it('with altered, cut and foreign files does all others', async () => {
    const [root, back] = [place(), place()]
    for (let i = 0; i < 20; i++) writeFileSync(join(root, `f${i}`), noise(5000, i))
    await result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files' }))
    const alter = (name: string, change: (bytes: Buffer) => Buffer): void => { writeFileSync(join(root, name), change(readFileSync(join(root, name)))) }
    alter('f3.holdfast', (bytes) => { bytes[bytes.length - 1]! ^= 1; return bytes })
    alter('f4.holdfast', (bytes) => bytes.subarray(0, -1))
    alter('f5.holdfast', (bytes) => Buffer.concat([bytes, Buffer.of(0)]))
    alter('f6.holdfast', (bytes) => { bytes[10]! ^= 1; return bytes })
    alter('f7.holdfast', () => Buffer.from('nothing of ours'))
    const done = await result(on.api.files.decryptFolder({ path: root, folder: back }))
    expect(done).toMatchObject({ files: 15, failed: 5 })
    expect(done.failures.map(({ path, code }: FolderResultView['failures'][number]) => [path.slice(root.length + 1), code]).sort()).toEqual([
      ['f3.holdfast', 'NOT_AUTHENTIC'], ['f4.holdfast', 'NOT_AUTHENTIC'], ['f5.holdfast', 'NOT_AUTHENTIC'], ['f6.holdfast', 'NOT_AUTHENTIC'], ['f7.holdfast', 'MALFORMED'],
    ])
    expect(names(back)).toHaveLength(15)
  })

  it('keeps what has a result\'s name, or replaces it, or keeps both', async () => {
    const root = place()
    for (let i = 0; i < 4; i++) writeFileSync(join(root, `f${i}`), 'x')
    const again = (existing: 'refuse' | 'replace' | 'keep-both') => result(on.api.files.encryptFolder({ path: root, keyId: 'alias/files', existing }))
    writeFileSync(join(root, 'f1.holdfast'), 'precious')
    expect(await again('refuse')).toMatchObject({ files: 4, failed: 1, failures: [{ code: 'FILE_EXISTS' }] })
    expect(readFileSync(join(root, 'f1.holdfast'), 'utf8')).toBe('precious')
  })

  it('that is cancelled leaves whole files and no part', async () => {
    const root = place()
    for (let i = 0; i < 3000; i++) writeFileSync(join(root, `f${i}`), 'x')
    const controller = new AbortController()
    const events = await on.api.files.encryptFolder({ path: root, keyId: 'alias/files' }, { signal: controller.signal })
    const rest = (async () => { while ((await events.next()).done !== true); })()
    await expect.poll(() => names(root).some((name) => name.endsWith('.holdfast'))).toBe(true)
    controller.abort()
    await expect(rest).rejects.toThrow()
    await expect.poll(() => names(root).filter((name) => name.endsWith('.part'))).toEqual([])
    const done = names(root).filter((name) => name.endsWith('.holdfast')).map((name) => join(root, name))
    for (const path of [done[0]!, done.at(-1)!]) expect((await result(on.api.files.verify({ path }))).size).toBe(1)
  })
})

describe('an encrypted file', () => {
  it('is read in the middle without the rest', async () => {
    const content = noise(1_000_003)
    const path = on.write('range.bin', content)
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files' }))
    for (const [position, length] of [[0, 10], [262_140, 10], [524_288, 300_000], [1_000_000, 100], [2_000_000, 5]] as const) {
      const read = await on.api.files.read({ path: encrypted, position, length })
      expect(read.size).toBe(content.length)
      expect(Buffer.from(read.bytes).equals(content.subarray(position, position + length))).toBe(true)
    }
  })

  it('is not read where its end is cut off', async () => {
    const path = on.write('cut.bin', noise(600_000))
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files' }))
    writeFileSync(encrypted, readFileSync(encrypted).subarray(0, -100))
    await expect(on.api.files.read({ path: encrypted, position: 0, length: 10 })).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
  })

  it('is encrypted anew under another key, in its own place', async () => {
    const content = noise(3_000_000)
    const path = on.write('again.bin', content)
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files' }))
    const before = readFileSync(encrypted)
    const { KeyMetadata } = await on.api.kms.CreateKey({})
    const moved = await result(on.api.files.reencrypt({ path: encrypted, to: { keyId: KeyMetadata.KeyId, context: { purpose: 'new' } } }))
    expect(moved).toMatchObject({ path: encrypted, keyArn: KeyMetadata.Arn })
    const after = readFileSync(encrypted)
    expect(after.subarray(3, 35).equals(before.subarray(3, 35))).toBe(false)
    const back = await result(on.api.files.decrypt({ path: encrypted, context: { purpose: 'new' }, existing: 'keep-both' }))
    expect(back.keyArn).toBe(KeyMetadata.Arn)
    expect(readFileSync(back.path).equals(content)).toBe(true)
  })

  it('stays as it is when encrypting it anew fails', async () => {
    const path = on.write('stays.bin', noise(3_000_000))
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files' }))
    const bytes = readFileSync(encrypted)
    bytes[1_500_000]! ^= 1
    writeFileSync(encrypted, bytes)
    await expect(result(on.api.files.reencrypt({ path: encrypted, to: { keyId: 'alias/files' } }))).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
    expect(readFileSync(encrypted).equals(bytes)).toBe(true)
    expect(on.contents().filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('is verified after it was written, where that is asked for', async () => {
    const path = on.write('verified.bin', noise(3_000_000))
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files', afterwards: 'verify' }))
    expect((await result(on.api.files.verify({ path: encrypted }))).size).toBe(3_000_000)
  })
})

describe('a long file by the threads', () => {
  const SIZE = 20_000_000

  it('is refused with any byte flipped, and leaves nothing', async () => {
    const path = on.write('threads.bin', noise(SIZE, 3))
    const { path: encrypted } = await result(on.api.files.encrypt({ path, keyId: 'alias/files' }))
    const whole = readFileSync(encrypted)
    for (const at of [whole.length - SIZE / 2, 400_000, whole.length - 1]) {
      const bytes = Buffer.from(whole)
      bytes[at]! ^= 1
      const altered = on.write('flipped.holdfast', bytes)
      await expect(result(on.api.files.decrypt({ path: altered }))).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
      await expect(result(on.api.files.verify({ path: altered }))).rejects.toMatchObject({ code: 'NOT_AUTHENTIC' })
    }
    expect(on.contents()).not.toContain('flipped')
    expect(on.contents().filter((name) => name.endsWith('.part'))).toEqual([])
    const back = await result(on.api.files.decrypt({ path: encrypted, existing: 'keep-both' }))
    expect(readFileSync(back.path).equals(readFileSync(path))).toBe(true)
  })

  it('is encrypted by every way that gives the known answer, chosen by its speed', async () => {
    const { threads, chosen, measured } = await on.api.files.engine()
    expect(threads).toBeGreaterThan(0)
    expect(measured.map(({ name }) => name)).toContain('node:crypto')
    for (const { bytesPerSecond } of measured) expect(bytesPerSecond).toBeGreaterThan(0)
    expect(measured.find(({ name }) => name === chosen)?.bytesPerSecond).toBe(Math.max(...measured.map(({ bytesPerSecond }) => bytesPerSecond)))
  })
})
