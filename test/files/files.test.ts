import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExistingFile } from '#core/ports/files.ts'
import { createFiles } from '#files/files.ts'
import { contents, newFile, temporaryFolder } from './folder.ts'

const BYTES = Uint8Array.of(1, 2, 3)

describe('reading', () => {
  it('fills a buffer from any position', async () => {
    const { files, folder } = setUp()
    writeFileSync(join(folder, 'a'), 'abcdef')
    const source = await files.open(join(folder, 'a'))
    const into = new Uint8Array(3)
    await source.read(into, 2)
    await source.close()
    expect(Buffer.from(into).toString()).toBe('cde')
    expect(source).toMatchObject({ size: 6, name: 'a', folder })
  })

  it.each([
    ['a folder', 'it is a folder', (path: string) => { mkdirSync(path) }],
    ['a symbolic link', 'it is a symbolic link', (path: string) => { symlinkSync('/etc/hostname', path) }],
    ['a pipe', 'it is no ordinary file', (path: string) => { execFileSync('mkfifo', [path]) }],
    ['nothing', 'it does not exist', () => undefined],
  ])('refuses %s', async (_, reason, make) => {
    const { files, folder } = setUp()
    const path = join(folder, 'x')
    make(path)
    await expect(files.open(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', details: { file: path, reason } })
  })

  it('refuses a device', async () => {
    await expect(setUp().files.open('/dev/zero')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', details: { reason: 'it is no ordinary file' } })
  })

  it('refuses a relative path', async () => {
    await expect(setUp().files.open('a')).rejects.toMatchObject({ code: 'ValidationException' })
  })

  it('tells a file that became shorter', async () => {
    const { files, folder } = setUp()
    writeFileSync(join(folder, 'a'), 'abcdef')
    const source = await files.open(join(folder, 'a'))
    truncateSync(join(folder, 'a'), 3)
    await expect(source.read(new Uint8Array(6), 0)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    await source.close()
  })

  it.each([
    ['longer', (path: string) => { writeFileSync(path, 'abcdefg') }],
    ['another at the same length', (path: string) => { writeFileSync(path, 'ABCDEF'); utimesSync(path, 1, 1) }],
  ])('tells a file that became %s', async (_, change) => {
    const { files, folder } = setUp()
    writeFileSync(join(folder, 'a'), 'abcdef')
    const source = await files.open(join(folder, 'a'))
    await source.requireUnchanged()
    change(join(folder, 'a'))
    await expect(source.requireUnchanged()).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    await source.close()
  })
})

describe('a new file', () => {
  it('appears with its name, time and mode only when it is whole', async () => {
    const { files, folder, home } = setUp()
    const target = await files.create(newFile(folder))
    await target.write([BYTES, BYTES])
    const [part] = contents(folder)
    expect(part).toMatch(/^\.holdfast-[0-9a-f]{32}\.part$/)
    expect(statSync(join(folder, part!)).mode & 0o777).toBe(0o600)
    expect(await target.commit()).toBe(join(folder, 'out.bin'))
    await target.discard()
    expect(contents(folder)).toEqual(['out.bin'])
    expect([...readFileSync(join(folder, 'out.bin'))]).toEqual([1, 2, 3, 1, 2, 3])
    expect(statSync(join(folder, 'out.bin'))).toMatchObject({ mtimeMs: Date.UTC(2001, 1, 3), mode: 0o100640 })
    expect(contents(join(home, 'unfinished'))).toEqual([])
  })

  it('leaves nothing when it is discarded', async () => {
    const { files, folder, home } = setUp()
    const target = await files.create(newFile(folder))
    await target.write([BYTES])
    await target.discard()
    expect(contents(folder)).toEqual([])
    expect(contents(join(home, 'unfinished'))).toEqual([])
  })

  it('writes many small parts and large ones alike', async () => {
    const { files, folder } = setUp()
    const target = await files.create(newFile(folder))
    const small = Array.from({ length: 5000 }, (_, i) => Uint8Array.of(i & 255))
    await target.write(small)
    await target.write([])
    await target.write([new Uint8Array(1_000_000).fill(7), BYTES])
    const path = await target.commit()
    expect(readFileSync(path).equals(Buffer.concat([...small, new Uint8Array(1_000_000).fill(7), BYTES]))).toBe(true)
  })

  describe('whose name is taken', () => {
    it.each<[ExistingFile, string, string[]]>([
      ['replace', 'out.bin', ['out.bin']],
      ['keep-both', 'out (2).bin', ['out (2).bin', 'out.bin']],
    ])('with %s becomes %s', async (existing, name, all) => {
      const { files, folder } = setUp()
      writeFileSync(join(folder, 'out.bin'), 'old')
      const target = await files.create(newFile(folder, { existing }))
      await target.write([BYTES])
      expect(readFileSync(join(folder, 'out.bin'), 'utf8')).toBe('old')
      expect(await target.commit()).toBe(join(folder, name))
      expect(contents(folder)).toEqual(all)
      expect([...readFileSync(join(folder, name))]).toEqual([1, 2, 3])
    })

    it('is refused before anything is written', async () => {
      const { files, folder } = setUp()
      writeFileSync(join(folder, 'out.bin'), 'old')
      await expect(files.create(newFile(folder))).rejects.toMatchObject({ code: 'FILE_EXISTS', details: { file: join(folder, 'out.bin') } })
      expect(contents(folder)).toEqual(['out.bin'])
    })

    it('is refused if the other one came meanwhile', async () => {
      const { files, folder } = setUp()
      const target = await files.create(newFile(folder))
      writeFileSync(join(folder, 'out.bin'), 'old')
      await expect(target.commit()).rejects.toMatchObject({ code: 'FILE_EXISTS' })
      await target.discard()
      expect(contents(folder)).toEqual(['out.bin'])
      expect(readFileSync(join(folder, 'out.bin'), 'utf8')).toBe('old')
    })

    it('counts on while names are taken', async () => {
      const { files, folder } = setUp()
      for (const name of ['out.bin', 'out (2).bin', 'out (3).bin']) writeFileSync(join(folder, name), '')
      const target = await files.create(newFile(folder, { existing: 'keep-both' }))
      expect(await target.commit()).toBe(join(folder, 'out (4).bin'))
    })

    it.each([
      ['a folder', 'it is a folder', (path: string) => { mkdirSync(path) }],
      ['a symbolic link', 'it is a symbolic link', (path: string) => { symlinkSync('/etc/hostname', path) }],
    ])('by %s is not replaced', async (_, reason, make) => {
      const { files, folder } = setUp()
      make(join(folder, 'out.bin'))
      await expect(files.create(newFile(folder, { existing: 'replace' }))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', details: { reason } })
    })
  })

  it('needs a folder that is there', async () => {
    const { files, folder, home } = setUp()
    await expect(files.create(newFile(join(folder, 'none')))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', details: { reason: 'its folder does not exist' } })
    expect(existsSync(join(home, 'unfinished')) ? contents(join(home, 'unfinished')) : []).toEqual([])
  })

  it('needs a name that the file system takes', async () => {
    const { files, folder } = setUp()
    await expect(files.create(newFile(folder, { name: 'x'.repeat(300) }))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', details: { reason: 'its name is too long' } })
  })

  it('needs permission', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere')
    const { files, folder } = setUp()
    chmodSync(folder, 0o500)
    await expect(files.create(newFile(folder))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', details: { reason: 'permission is denied' } })
    chmodSync(folder, 0o700)
  })
})

describe('a disk of one MiB', () => {
  it('that has not the room is full before anything is written', async ({ skip }) => {
    const { files, disk } = smallDisk() ?? skip('only root may mount a tmpfs')
    await expect(files.create(newFile(disk, { size: 2_000_000 }))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(contents(disk)).toEqual([])
  })

  it('that fills up while it is written leaves nothing once the file is discarded', async ({ skip }) => {
    const { files, disk } = smallDisk() ?? skip('only root may mount a tmpfs')
    const target = await files.create(newFile(disk))
    await expect(target.write([new Uint8Array(600_000), new Uint8Array(600_000)])).rejects.toMatchObject({ code: 'DISK_FULL', details: { file: join(disk, 'out.bin') } })
    await target.discard()
    expect(contents(disk)).toEqual([])
  })

  it('that is mounted read-only takes nothing and says so', async ({ skip }) => {
    const { files, disk } = smallDisk() ?? skip('only root may mount a tmpfs')
    execFileSync('mount', ['-o', 'remount,ro', disk])
    await expect(files.create(newFile(disk))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', details: { reason: 'the file system is read-only' } })
  })

  it('is too small for the spool', async ({ skip }) => {
    const { disk } = smallDisk() ?? skip('only root may mount a tmpfs')
    await expect(createFiles(disk).spool(10)).rejects.toMatchObject({ code: 'DISK_FULL' })
  })
})

describe('leftovers', () => {
  it('of another process are removed, those of this one are not', async () => {
    const { files, folder, home } = setUp()
    const earlier = createFiles(home)
    await (await earlier.create(newFile(folder, { name: 'theirs' }))).write([BYTES])
    const target = await files.create(newFile(folder))
    await target.write([BYTES])
    expect(contents(folder)).toHaveLength(2)
    await files.removeLeftovers()
    expect(contents(folder)).toHaveLength(1)
    await target.commit()
    expect(contents(folder)).toEqual(['out.bin'])
    expect(contents(join(home, 'unfinished'))).toEqual([])
  })

  it('are only what a note names, by our own kind of name', async () => {
    const { files, folder, home } = setUp()
    const id = 'ab'.repeat(16)
    mkdirSync(join(home, 'unfinished'), { recursive: true })
    writeFileSync(join(folder, 'precious'), 'x')
    writeFileSync(join(home, 'unfinished', id), join(folder, 'precious'))
    writeFileSync(join(folder, `.holdfast-${'cd'.repeat(16)}.part`), 'nobody noted this')
    await files.removeLeftovers()
    expect(contents(folder)).toEqual([`.holdfast-${'cd'.repeat(16)}.part`, 'precious'])
  })

  it('on a disk that is away are kept in mind', async () => {
    const { files, folder, home } = setUp()
    const away = join(folder, 'disk')
    mkdirSync(away)
    await createFiles(home).create(newFile(away))
    const [part] = contents(away)
    spawnSync('mv', [away, join(folder, 'elsewhere')])
    await files.removeLeftovers()
    spawnSync('mv', [join(folder, 'elsewhere'), away])
    expect(contents(away)).toEqual([part])
    await files.removeLeftovers()
    expect(contents(away)).toEqual([])
  })

  it('of the spool are removed', async () => {
    const { files, home } = setUp()
    mkdirSync(join(home, 'spool'), { recursive: true })
    writeFileSync(join(home, 'spool', 'left'), 'ciphertext')
    await files.removeLeftovers()
    expect(contents(join(home, 'spool'))).toEqual([])
  })
})

describe('the spool', () => {
  it('keeps what is written, without a name that anybody could open', async () => {
    const { files, home } = setUp()
    const spool = await files.spool(6)
    await spool.write([BYTES, BYTES])
    expect(spool.size).toBe(6)
    const into = new Uint8Array(2)
    await spool.read(into, 2)
    expect([...into]).toEqual([3, 1])
    expect(contents(join(home, 'spool'))).toEqual([])
    expect(statSync(join(home, 'spool')).mode & 0o777).toBe(0o700)
    await spool.close()
    await spool.close()
  })
})

describe('a folder', () => {
  it('is listed in pages, folders first', async () => {
    const { files, folder } = setUp()
    for (const name of ['b', 'a', 'c']) writeFileSync(join(folder, name), name)
    for (const name of ['z', 'y']) mkdirSync(join(folder, name))
    symlinkSync('a', join(folder, 'link'))
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await files.list(folder, { after, limit: 2 })
      expect(page).toMatchObject({ folder, total: 6 })
      seen.push(...page.entries.map(({ name, kind }) => `${kind} ${name}`))
      after = page.next
    } while (after !== undefined)
    expect(seen).toEqual(['folder y', 'folder z', 'file a', 'file b', 'file c', 'other link'])
  })

  it('that is none says why', async () => {
    const { files, folder } = setUp()
    writeFileSync(join(folder, 'a'), '')
    await expect(files.list(join(folder, 'a'), { limit: 10 })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await expect(files.list(join(folder, 'none'), { limit: 10 })).rejects.toMatchObject({ details: { reason: 'it does not exist' } })
  })

  it('is the person\'s own if none is named', async () => {
    expect((await setUp().files.list(undefined, { limit: 1 })).folder).toBe(process.env['HOME'])
  })
})

function setUp() {
  const folder = temporaryFolder()
  const home = temporaryFolder()
  return { folder, home, files: createFiles(home) }
}

/** A real disk that is really full after a MiB; undefined for who may not mount one. */
function smallDisk() {
  const { files, folder: disk } = setUp()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) return undefined
  onTestFinished(() => { execFileSync('umount', ['-l', disk]) })
  return { files, disk }
}
