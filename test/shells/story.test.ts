import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Api } from '#contract/contract.ts'
import { clientOver } from '#shells/transport.ts'
import { createHome } from '#store/home.ts'
import { holdfast, serving, type Outcome, type Ready, type Surroundings } from './commands.ts'
import { temporaryFolder } from './temporary.ts'

// The command line as a person has it: real processes, a real home, a real token (SoftHSM, which `npm test` provides).

const passphrase = 'correct horse battery staple'

interface Desk extends Surroundings {
  readonly folder: string
  /** A file with this content. */
  file(name: string, content: string | Uint8Array): string
}

function desk(): Desk {
  const folder = temporaryFolder()
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  return { folder, file, home: join(folder, 'home'), runtime: temporaryFolder(), passphraseFile: file('passphrase', `${passphrase}\r\n`) }
}

/** A vault that `init` has made; made once, and copied for each test. */
async function initialised(): Promise<Desk> {
  template ??= makeTemplate()
  const here = desk()
  cpSync((await template).home, here.home, { recursive: true })
  return here
}

let template: Promise<{ home: string }> | undefined

async function makeTemplate(): Promise<{ home: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-test-'))
  removals.push(() => { rmSync(folder, { recursive: true, force: true }) })
  const passphraseFile = join(folder, 'passphrase')
  writeFileSync(passphraseFile, passphrase, { mode: 0o600 })
  const made = { home: join(folder, 'home'), passphraseFile }
  done(await holdfast(made, 'init', '--account', '111122223333', '--region', 'lab'))
  return made
}

const removals: (() => void)[] = []
afterAll(() => {
  for (const remove of removals) remove()
})

function done({ code, stdout, stderr }: Outcome): Outcome {
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return { code, stdout, stderr }
}

function answer(outcome: Outcome): Record<string, string> {
  return JSON.parse(done(outcome).stdout) as Record<string, string>
}

/** One line that says what happened. */
function refused({ code, stderr }: Outcome, failure: string): string {
  expect(stderr).toMatch(new RegExp(`^holdfast: [^\\n]+ \\(${failure}\\)\\n$`))
  expect(code).toBe(failure === 'USAGE' ? 2 : 1)
  return stderr
}

/** The story of the issue: a key, an alias, and what they are for. */
async function keyStory(here: Desk): Promise<void> {
  const { KeyMetadata: made } = answer(await holdfast(here, 'kms', 'create-key', '--description', 'backups', '--tags', 'TagKey=team,TagValue=blue')) as unknown as {
    KeyMetadata: { KeyId: string; Arn: string }
  }
  expect(made.Arn).toBe(`arn:aws:kms:lab:111122223333:key/${made.KeyId}`)
  const alias = `alias/${made.KeyId.slice(0, 8)}`
  expect(done(await holdfast(here, 'kms', 'create-alias', '--alias-name', alias, '--target-key-id', made.KeyId)).stdout).toBe('')

  const plaintext = Uint8Array.of(0, 1, 2, 10, 13, 255)
  const context = ['--encryption-context', 'purpose=backup,host=alpha']
  const encrypted = answer(await holdfast(here, 'kms', 'encrypt', '--key-id', alias, '--plaintext', `fileb://${here.file('plain', plaintext)}`, ...context))
  expect(encrypted['KeyId']).toBe(made.Arn)
  const blob = Buffer.from(encrypted['CiphertextBlob'] ?? '', 'base64')
  const decrypted = answer(await holdfast(here, 'kms', 'decrypt', '--ciphertext-blob', `fileb://${here.file('cipher', blob)}`, '--encryption-context', '{"host":"alpha","purpose":"backup"}'))
  expect([...Buffer.from(decrypted['Plaintext'] ?? '', 'base64')]).toEqual([...plaintext])
  refused(await holdfast(here, 'kms', 'decrypt', '--ciphertext-blob', encrypted['CiphertextBlob'] ?? '', '--encryption-context', 'purpose=backup'), 'InvalidCiphertextException')

  const dataKey = answer(await holdfast(here, 'kms', 'generate-data-key', '--key-id', alias, '--key-spec', 'AES_256', ...context))
  expect(Buffer.from(dataKey['Plaintext'] ?? '', 'base64')).toHaveLength(32)
  const opened = answer(await holdfast(here, 'kms', 'decrypt', '--ciphertext-blob', dataKey['CiphertextBlob'] ?? '', ...context))
  expect(opened['Plaintext']).toBe(dataKey['Plaintext'])

  done(await holdfast(here, 'kms', 'disable-key', '--key-id', made.KeyId))
  refused(await holdfast(here, 'kms', 'encrypt', '--key-id', made.KeyId, '--plaintext', 'aGVsbG8='), 'DisabledException')
}

describe('a vault on the command line', () => {
  it('is made, holds keys and uses them, one command at a time', async () => {
    const here = desk()
    const made = await holdfast(here, 'init', '--account', '111122223333', '--region', 'lab', '--recovery', '--json')
    expect(answer(made)).toMatchObject({ account: '111122223333', region: 'lab', recoveryCode: expect.stringMatching(/^[0-9A-Z-]{40,}$/) as string })
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'locked', running: false })
    await keyStory(here)
    refused(await holdfast(here, 'init'), 'VAULT_ALREADY_INITIALISED')
  })

  it('does the same through a running serve, and leaves nothing behind at SIGTERM', async () => {
    const here = await initialised()
    const { ready, child, ended } = await serving(here)
    expect(ready).toMatchObject({ event: 'ready', pid: child.pid })
    expect(ready.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/)
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'unlocked', running: true })
    await keyStory(here)

    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(ready.socket)).toBe(false)
    expect(readdirSync(here.home)).not.toContain('owner.json')
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'locked', running: false })
  })

  it('stops cleanly at SIGINT too, while a connection is open', async () => {
    const here = await initialised()
    const { ready, child, ended } = await serving(here)
    const page = await fetch(ready.url)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a tab of a browser', () => {
  it('stays signed in over a reload, until the person signs out', async () => {
    const here = await initialised()
    const { ready } = await serving({ ...here, passphraseFile: undefined })
    const token = await redeemed(ready)
    const before = await tab(ready, token)
    expect((await before.api.vault.status({})).principal).toBeUndefined()
    await before.api.session.signIn({ passphrase: Buffer.from(passphrase) })
    before.socket.close()

    const after = await tab(ready, token)
    expect((await after.api.vault.status({})).principal?.account).toBe('111122223333')
    // Another tab is another person until it proves otherwise.
    const other = await tab(ready, await redeemed({ ...ready, link: done(await holdfast(here, 'link')).stdout.trim() }))
    expect((await other.api.vault.status({})).principal).toBeUndefined()

    await after.api.session.signOut({})
    const third = await tab(ready, token)
    expect((await third.api.vault.status({})).principal).toBeUndefined()
  })
})

async function redeemed(ready: Ready): Promise<string> {
  const link = new URL(ready.link).hash.replace('#token=', '')
  const response = await fetch(new URL('/session', ready.url), { method: 'POST', headers: { Origin: new URL(ready.url).origin }, body: JSON.stringify({ link }) })
  expect(response.status).toBe(200)
  return ((await response.json()) as { token: string }).token
}

async function tab(ready: Ready, token: string): Promise<{ api: Api; socket: WebSocket }> {
  const socket = new WebSocket(new URL('/rpc', ready.url.replace('http', 'ws')), { origin: new URL(ready.url).origin })
  onTestFinished(() => { socket.terminate() })
  await once(socket, 'open')
  socket.send(JSON.stringify({ token }))
  const [greeting] = (await once(socket, 'message')) as [Buffer]
  expect(greeting.toString()).toBe('ok')
  return { api: clientOver(socket), socket }
}

describe('login', () => {
  it('lets later commands do without the passphrase until logout', async () => {
    const here = await initialised()
    const { ready } = await serving(here)
    const without = { ...here, passphraseFile: undefined }
    refused(await holdfast(without, 'kms', 'list-keys'), 'PASSPHRASE_MISSING')

    done(await holdfast(here, 'login'))
    const token = ready.socket.replace(/\.sock$/, '.session')
    expect(statSync(token).mode & 0o777).toBe(0o600)
    expect(dirname(token).startsWith(here.home)).toBe(false)
    done(await holdfast(without, 'kms', 'list-keys'))
    expect(answer(await holdfast(without, 'status', '--json'))).toMatchObject({ account: '111122223333' })

    done(await holdfast(without, 'logout'))
    expect(existsSync(token)).toBe(false)
    refused(await holdfast(without, 'kms', 'list-keys'), 'PASSPHRASE_MISSING')
  })

  it('ends when the vault is locked, and a copy of its token is worth nothing', async () => {
    const here = await initialised()
    await serving(here)
    const without = { ...here, passphraseFile: undefined }
    done(await holdfast(here, 'login'))
    done(await holdfast(without, 'lock'))
    expect(answer(await holdfast(without, 'status', '--json'))).toMatchObject({ state: 'locked', running: true })
    refused(await holdfast(without, 'kms', 'list-keys'), 'PASSPHRASE_MISSING')
  })

  it('needs a running owner', async () => {
    const here = await initialised()
    refused(await holdfast(here, 'login'), 'NOT_RUNNING')
    refused(await holdfast(here, 'link'), 'NOT_RUNNING')
  })
})

describe('serve', () => {
  it('works without a vault; the first one is made through it', async () => {
    const here = desk()
    await serving(here)
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'none', running: true })
    done(await holdfast(here, 'init'))
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'unlocked', running: true })
  })

  it('starts locked without a passphrase, and gives fresh links to whoever proves to be its user', async () => {
    const here = await initialised()
    const { ready } = await serving({ ...here, passphraseFile: undefined })
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ state: 'locked', running: true })
    const link = done(await holdfast(here, 'link')).stdout.trim()
    expect(link.startsWith(`${ready.url}#token=`)).toBe(true)
    expect(link).not.toBe(ready.link)
  })

  it('is not started twice, and says so at once', async () => {
    const here = await initialised()
    await serving(here)
    refused(await holdfast(here, 'serve'), 'ALREADY_RUNNING')
  })

  it('is not started with a wrong passphrase', async () => {
    const here = await initialised()
    refused(await holdfast({ ...here, passphraseFile: here.file('wrong', 'not this one at all') }, 'serve'), 'PASSPHRASE_INCORRECT')
  })

  it('says when its port is taken', async () => {
    const here = await initialised()
    const { ready } = await serving(here)
    const other = await initialised()
    refused(await holdfast(other, 'serve', '--port', new URL(ready.url).port), 'PORT_UNAVAILABLE')
  })

  it('opens the browser by a private file that leads to a link, never by an argument that holds one', async () => {
    const here = await initialised()
    const programs = join(here.folder, 'programs')
    mkdirSync(programs)
    const seen = join(here.folder, 'seen')
    writeFileSync(join(programs, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$*" > '${seen}.new' && mv '${seen}.new' '${seen}'\n`, { mode: 0o755 })
    const { ready, child, ended } = await serving({ ...here, programs }, '--open')
    const opened = await vi.waitUntil(() => existsSync(seen) && readFileSync(seen, 'utf8'), { timeout: 20_000 })
    const file = fileURLToPath(opened)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const link = /url=(http:[^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1] ?? expect.fail('no link')
    await redeemed({ ...ready, link })
    child.kill('SIGTERM')
    await ended
    expect(existsSync(file)).toBe(false)
  })

  it('that was killed leaves nothing that stops the next command', async () => {
    const here = await initialised()
    const { ready, child, ended } = await serving(here)
    child.kill('SIGKILL')
    await ended
    expect(existsSync(ready.socket)).toBe(true)
    done(await holdfast(here, 'kms', 'list-keys'))
    await serving(here)
    done(await holdfast(here, 'kms', 'list-keys'))
  })
})

describe('a vault that another process has taken', () => {
  it('is waited for', async () => {
    const here = await initialised()
    const home = createHome(here.home)
    expect(home.acquire()).toBe(true)
    const waiting = holdfast(here, 'kms', 'list-keys')
    // The command passes whether it has found the lock taken by now or comes too late to see it; within its 10 seconds it may not give up.
    setTimeout(() => { home.release() }, 1500)
    done(await waiting)
  })

  it('is given up after 10 seconds with VAULT_IN_USE', async () => {
    const here = await initialised()
    const home = createHome(here.home)
    expect(home.acquire()).toBe(true)
    const started = performance.now()
    refused(await holdfast(here, 'kms', 'list-keys'), 'VAULT_IN_USE')
    expect(performance.now() - started).toBeGreaterThan(9_900)
    home.release()
  })
})

describe('the passphrase', () => {
  it('is changed; the old one opens nothing any more', async () => {
    const here = await initialised()
    const next = here.file('next', 'quite another passphrase')
    done(await holdfast(here, 'passphrase', 'change', '--new-passphrase-file', next))
    refused(await holdfast(here, 'kms', 'list-keys'), 'PASSPHRASE_INCORRECT')
    done(await holdfast({ ...here, passphraseFile: next }, 'kms', 'list-keys'))
  })

  it('is replaced with the recovery code', async () => {
    const here = desk()
    const { recoveryCode } = answer(await holdfast(here, 'init', '--recovery', '--json'))
    const next = here.file('next', 'quite another passphrase')
    const code = here.file('code', `${recoveryCode ?? ''}\n`)
    done(await holdfast(here, 'passphrase', 'recover', '--recovery-code-file', code, '--new-passphrase-file', next))
    done(await holdfast({ ...here, passphraseFile: next }, 'kms', 'list-keys'))
    refused(await holdfast(here, 'passphrase', 'recover', '--recovery-code-file', here.file('bad', 'XXXXX-XXXXX'), '--new-passphrase-file', next), 'RECOVERY_CODE_INVALID')
  })
})
