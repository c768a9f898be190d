import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { printable, progressText } from '#shells/cli/file-progress.ts'
import { commandLine, environment, holdfast, serving, type Outcome, type Surroundings } from './commands.ts'

// `file` as a person has it: real processes, a real home, a real token.

let base: string
let around: Surroundings
let count = 0

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hf-test-'))
  writeFileSync(join(base, 'passphrase'), 'correct horse battery staple', { mode: 0o600 })
  mkdirSync(join(base, 'runtime'), { mode: 0o700 })
  around = { home: join(base, 'home'), passphraseFile: join(base, 'passphrase'), runtime: join(base, 'runtime') }
  await holdfast(around, 'init', '--account', '111122223333', '--region', 'lab')
  const { stdout } = await holdfast(around, 'kms', 'create-key')
  const { KeyMetadata } = JSON.parse(stdout) as { KeyMetadata: { KeyId: string } }
  await holdfast(around, 'kms', 'create-alias', '--alias-name', 'alias/a', '--target-key-id', KeyMetadata.KeyId)
})

afterAll(() => { rmSync(base, { recursive: true, force: true }) })

describe('file', () => {
  it('encrypts, inspects and decrypts', async () => {
    const folder = place()
    const path = write(folder, 'report.pdf', 'content')
    expect(await holdfast(around, 'file', 'encrypt', path, '--key', 'alias/a', '--context', 'purpose=backup', '--context', 'host="a,b"')).toEqual({ code: 0, stdout: `${path}.holdfast\n`, stderr: '' })

    const inspected = await holdfast({ home: join(folder, 'no-vault') }, 'file', 'inspect', `${path}.holdfast`)
    expect(inspected.code).toBe(0)
    for (const line of [/key +arn:aws:kms:lab:111122223333:key\//, /context +purpose = backup/, /context +host = a,b/, /content +7 bytes in 1 frames of 262144/]) expect(inspected.stdout).toMatch(line)
    expect(readdirSync(folder)).not.toContain('no-vault')
    const facts = await holdfast(around, 'file', 'inspect', `${path}.holdfast`, '--json')
    expect(JSON.parse(facts.stdout)).toMatchObject({ plaintextLength: 7, context: { purpose: 'backup', host: 'a,b' } })

    const out = place()
    expect(await holdfast(around, 'file', 'decrypt', `${path}.holdfast`, '--context', '{"purpose":"backup"}', '--out', out)).toEqual({ code: 0, stdout: `${join(out, 'report.pdf')}\n`, stderr: '' })
    expect(readFileSync(join(out, 'report.pdf'), 'utf8')).toBe('content')
  })

  it('does the others though one fails, and says which by its line', async () => {
    const folder = place()
    const [a, b] = [write(folder, 'a', 'a'), write(folder, 'b', 'b')]
    const { code, stdout, stderr } = await holdfast(around, 'file', 'encrypt', a, join(folder, 'none'), folder, b, '--key', 'alias/a')
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${a}.holdfast\n${b}.holdfast\n` })
    expect(stderr).toBe(`holdfast: ${folder}/none cannot be read: it does not exist. (FILE_UNREADABLE)\nholdfast: ${folder} cannot be read: it is a folder; take it with --recursive. (FILE_UNREADABLE)\n`)
  })

  it('tells events as lines of JSON', async () => {
    const folder = place()
    const path = write(folder, 'a', 'a')
    const { code, stdout, stderr } = await holdfast(around, 'file', 'encrypt', path, join(folder, 'none'), '--key', 'alias/a', '--json')
    expect(code).toBe(1)
    expect(stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'progress', source: path, done: 0, total: 1 },
      { event: 'done', source: path, path: `${path}.holdfast`, keyArn: expect.stringContaining('arn:aws:kms:lab') as string },
      { event: 'failed', source: join(folder, 'none'), code: 'FILE_UNREADABLE' },
    ])
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FILE_UNREADABLE' } })
  })

  it('keeps both, or replaces, only if asked to', async () => {
    const folder = place()
    const path = write(folder, 'a.txt', 'a')
    for (const more of [[], ['--keep-both'], ['--replace']]) await holdfast(around, 'file', 'encrypt', path, '--key', 'alias/a', ...more)
    expect((await holdfast(around, 'file', 'encrypt', path, '--key', 'alias/a')).stderr).toContain('(FILE_EXISTS)')
    expect(readdirSync(folder).sort()).toEqual(['a (2).txt.holdfast', 'a.txt', 'a.txt.holdfast'])
  })

  it.each([
    ['encrypt without a key', ['encrypt', 'a']],
    ['no path', ['decrypt']],
    ['both answers to a taken name', ['decrypt', 'a', '--replace', '--keep-both']],
    ['a context that is none', ['decrypt', 'a', '--context', 'nothing']],
    ['a context with a key twice', ['decrypt', 'a', '--context', 'a=1', '--context', 'a=2']],
  ])('refuses %s as a usage', async (_, args) => {
    expect(await holdfast(around, 'file', ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/^holdfast: [^\n]+ \(USAGE\)\n$/) as string })
  })

  it('means paths where the person stands, not where the running owner does', async () => {
    const folder = place()
    write(folder, 'a.txt', 'a')
    const owner = await serving(around)
    expect(await ended(begin(['file', 'encrypt', 'a.txt', '--key', 'alias/a', '--out', '.'], folder))).toEqual({ code: 0, stdout: `${join(folder, 'a.txt.holdfast')}\n`, stderr: '' })
    owner.child.kill('SIGTERM')
    await owner.ended
  })
})

describe('a command that ends in the middle of a file', () => {
  it('by kill -9 leaves the original and a .part, which the next command removes', async () => {
    const folder = place()
    const path = large(folder)
    const child = begin(['file', 'encrypt', path, '--key', 'alias/a'], folder)
    const end = ended(child)
    const part = await partIn(folder)
    child.kill('SIGKILL')
    await end
    expect(readdirSync(folder).sort()).toEqual([part, 'large'].sort())
    expect(statSync(join(folder, part)).mode & 0o777).toBe(0o600)
    expect((await holdfast(around, 'kms', 'list-keys')).code).toBe(0)
    expect(readdirSync(folder)).toEqual(['large'])
    expect(statSync(path).size).toBe(LARGE)
  })

  it('by Ctrl-C leaves nothing but the original', async () => {
    const folder = place()
    const child = begin(['file', 'encrypt', large(folder), '--key', 'alias/a'], folder)
    const end = ended(child)
    await partIn(folder)
    child.kill('SIGINT')
    expect(await end).toEqual({ code: 1, stdout: '', stderr: 'holdfast: Cancelled. (CANCELLED)\n' })
    expect(readdirSync(folder)).toEqual(['large'])
  })

  it('by Ctrl-C ends the job of a running owner too', async () => {
    const folder = place()
    const path = large(folder)
    const owner = await serving(around)
    const child = begin(['file', 'encrypt', path, '--key', 'alias/a'], folder)
    const end = ended(child)
    await partIn(folder)
    child.kill('SIGINT')
    expect(await end).toMatchObject({ code: 1, stderr: 'holdfast: Cancelled. (CANCELLED)\n' })
    await vi.waitFor(() => { expect(readdirSync(folder)).toEqual(['large']) })
    // A command that is gone without a word ends its job as well.
    const other = begin(['file', 'encrypt', path, '--key', 'alias/a'], folder)
    const gone = ended(other)
    await partIn(folder)
    other.kill('SIGKILL')
    await gone
    await vi.waitFor(() => { expect(readdirSync(folder)).toEqual(['large']) })
    owner.child.kill('SIGTERM')
    await owner.ended
  })
})

describe('progress on a terminal', () => {
  it('tells part, speed and what is left', () => {
    expect(progressText('a.bin', { done: 250_000_000, total: 1_000_000_000 }, 500)).toBe('a.bin  25 %  500 MB/s  2 s left')
    expect(progressText('a.bin', { done: 0, total: 1 }, 0)).toBe('a.bin  0 %')
    expect(progressText('a.bin', { done: 0, total: 0 }, 5)).toBe('a.bin  100 %')
  })

  it('shows no name that the terminal would obey', () => {
    expect(printable('a\u001b[2Jb\n\u009bc')).toBe('a?[2Jb??c')
  })
})

/** A folder of its own for each case. */
function place(): string {
  const folder = join(base, String(count++))
  mkdirSync(folder)
  return folder
}

function write(folder: string, name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const LARGE = 1_000_000_000

/** A file that takes a while, and no room on the disk. */
function large(folder: string): string {
  const path = write(folder, 'large', '')
  truncateSync(path, LARGE)
  return path
}

/** The name of the `.part` in the folder, once something is in it. */
function partIn(folder: string): Promise<string> {
  const find = (): string => {
    const part = readdirSync(folder).find((name) => /^\.holdfast-[0-9a-f]{32}\.part$/.test(name) && statSync(join(folder, name)).size > 0)
    if (part === undefined) throw new Error('no .part yet')
    return part
  }
  return vi.waitFor(find, { timeout: 20_000, interval: 2 })
}

function begin(args: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  const [program, rest] = commandLine(args)
  const child = spawn(program, rest, { cwd, env: environment(around) })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.end()
  return child
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
