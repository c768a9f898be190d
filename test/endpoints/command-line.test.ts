import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { parseEndpointAddress } from '#shells/cli/endpoint-address.ts'
import { holdfast, serving, type Outcome, type Surroundings } from '../shells/commands.ts'
import { temporaryFolder } from '../shells/temporary.ts'

// The endpoint as a person switches it on: real processes, a real home.

interface Desk extends Surroundings {
  readonly folder: string
}

/** A vault made once, and copied for each test. */
let template: Desk
let here: Desk

beforeAll(async () => {
  template = desk(mkdtempSync(join(tmpdir(), 'hf-test-')))
  done(await holdfast(template, 'init', '--account', '111122223333', '--region', 'lab'))
})

afterAll(() => { rmSync(template.folder, { recursive: true, force: true }) })

beforeEach(() => {
  here = { ...desk(temporaryFolder()), runtime: temporaryFolder() }
  cpSync(template.home, here.home, { recursive: true })
})

function desk(folder: string): Desk {
  const passphraseFile = join(folder, 'passphrase')
  writeFileSync(passphraseFile, 'correct horse battery staple\n', { mode: 0o600 })
  return { folder, home: join(folder, 'home'), passphraseFile }
}

describe('serve --kms', () => {
  it('serves AWS clients that trust what `endpoint ca` prints and sign with what `access-key create` prints', async () => {
    const { ready } = await serving(here, '--kms', '127.0.0.1:0')
    expect(ready.kms).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const caPath = done(await holdfast(here, 'endpoint', 'ca')).stdout.trim()
    expect(caPath).toBe(join(here.home, 'endpoint-ca.pem'))
    expect(statSync(caPath).mode & 0o777).toBe(0o644)
    const key = answer(await holdfast(here, 'access-key', 'create', '--json'))
    expect(key).toMatchObject({ accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/) as string, secretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/) as string, principal: 'arn:aws:iam::111122223333:root' })
    const client = clientOf(ready.kms!, caPath, key)
    expect((await client.send(new ListKeysCommand({}))).Keys).toEqual([])

    const made = answer(await holdfast(here, 'kms', 'create-key')) as unknown as { KeyMetadata: { KeyId: string } }
    expect((await client.send(new DescribeKeyCommand({ KeyId: made.KeyMetadata.KeyId }))).KeyMetadata?.AWSAccountId).toBe('111122223333')

    const [listed] = (answer(await holdfast(here, 'access-key', 'list', '--json')) as unknown as { accessKeys: Record<string, unknown>[] }).accessKeys
    expect(listed).toMatchObject({ accessKeyId: key['accessKeyId'], active: true, usedAt: expect.stringMatching(/^\d{4}-/) as string })
    expect(JSON.stringify(listed)).not.toContain(key['secretAccessKey'])
    expect(done(await holdfast(here, 'endpoint', 'log')).stdout).toMatch(new RegExp(`DescribeKey +${key['accessKeyId']!} +lab +200`))

    done(await holdfast(here, 'access-key', 'disable', key['accessKeyId']!))
    await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    done(await holdfast(here, 'access-key', 'enable', key['accessKeyId']!))
    await client.send(new ListKeysCommand({}))
    done(await holdfast(here, 'access-key', 'delete', key['accessKeyId']!))
    await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    refused(await holdfast(here, 'access-key', 'delete', key['accessKeyId']!), 'NotFoundException')
  })

  it('listens while the vault is still locked, and works once it is unlocked', async () => {
    const { ready } = await serving({ ...here, passphraseFile: undefined }, '--kms', '127.0.0.1:0')
    expect(done(await holdfast({ ...here, passphraseFile: undefined }, 'endpoint', 'status')).stdout).toBe(`The endpoint listens at ${ready.kms!}, and works once the vault has been unlocked.\n`)
    const key = answer(await holdfast(here, 'access-key', 'create', '--json'))
    expect(done(await holdfast(here, 'endpoint', 'status')).stdout).toBe(`The endpoint is on: ${ready.kms!}\n`)
    const client = clientOf(ready.kms!, done(await holdfast(here, 'endpoint', 'ca')).stdout.trim(), key)
    await client.send(new ListKeysCommand({}))
    done(await holdfast(here, 'lock'))
    await expect(client.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'KeyUnavailableException', $metadata: { httpStatusCode: 500 } })
  })

  it('says what plain HTTP means', async () => {
    const { ready, child, ended } = await serving(here, '--kms', '127.0.0.1:0', '--insecure-http')
    expect(ready.kms).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const key = answer(await holdfast(here, 'access-key', 'create', '--json'))
    const client = new KMSClient({ endpoint: ready.kms!, region: 'lab', credentials: credentialsOf(key) })
    onTestFinished(() => { client.destroy() })
    await client.send(new ListKeysCommand({}))
    child.kill('SIGTERM')
    expect((await ended).stderr).toMatch(/^holdfast: The KMS endpoint is plain HTTP\. Plaintexts and data keys cross this machine unencrypted/)
  })

  it('is for this machine alone', async () => {
    expect([parseEndpointAddress('localhost:8443'), parseEndpointAddress('[::1]:0'), parseEndpointAddress('8443')]).toEqual([
      { host: '127.0.0.1', port: 8443 },
      { host: '::1', port: 0 },
      { host: '127.0.0.1', port: 8443 },
    ])
    for (const address of ['0.0.0.0:8443', '192.168.0.1:1', '[::]:1', 'localhost', '127.0.0.1:65536', ':1', '']) expect(() => parseEndpointAddress(address)).toThrow(/this machine alone/)
    refused(await holdfast(here, 'serve', '--kms', '0.0.0.0:8443'), 'USAGE')
  })

  it('says when its port is taken', async () => {
    const { ready } = await serving(here, '--kms', '127.0.0.1:0')
    const other = { ...here, home: join(here.folder, 'other'), runtime: temporaryFolder() }
    refused(await holdfast(other, 'serve', '--kms', `127.0.0.1:${new URL(ready.kms!).port}`), 'PORT_UNAVAILABLE')
  })
})

describe('the endpoint', () => {
  it('is switched on and off while serve runs, and needs one', async () => {
    refused(await holdfast(here, 'endpoint', 'start'), 'NOT_RUNNING')
    await serving(here)
    expect(done(await holdfast(here, 'endpoint', 'status')).stdout).toBe('The endpoint is off.\n')
    const { url } = answer(await holdfast(here, 'endpoint', 'start', '[::1]:0', '--json'))
    expect(url).toMatch(/^https:\/\/\[::1\]:\d+$/)
    refused(await holdfast(here, 'endpoint', 'start'), 'ENDPOINT_ON')
    expect(answer(await holdfast(here, 'status', '--json'))).toMatchObject({ endpoint: { url, transport: 'tls', ready: true } })
    done(await holdfast(here, 'endpoint', 'stop'))
    expect(done(await holdfast(here, 'endpoint', 'status')).stdout).toBe('The endpoint is off.\n')
    done(await holdfast(here, 'endpoint', 'start', '0'))
  })
})

describe('an access key that exists elsewhere', () => {
  it('is taken over with its id and its secret, which is not printed', async () => {
    const secret = join(here.folder, 'secret')
    writeFileSync(secret, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n', { mode: 0o600 })
    const made = await holdfast(here, 'access-key', 'create', '--access-key-id', 'AKIAIOSFODNN7EXAMPLE', '--secret-access-key-file', secret)
    expect(done(made).stdout).not.toContain('wJalr')
    refused(await holdfast(here, 'access-key', 'create', '--access-key-id', 'AKIAIOSFODNN7EXAMPLE', '--secret-access-key-file', secret), 'AlreadyExistsException')
    refused(await holdfast(here, 'access-key', 'create', '--access-key-id', 'AKIAIOSFODNN7EXAMPLE'), 'USAGE')
    writeFileSync(secret, 'short')
    expect(refused(await holdfast(here, 'access-key', 'create', '--access-key-id', 'test', '--secret-access-key-file', secret), 'ValidationException')).not.toContain('short')
  })
})

describe('accounts and Regions', () => {
  it('are declared, and what is not is refused at the endpoint', async () => {
    const { ready } = await serving(here, '--kms', '127.0.0.1:0')
    done(await holdfast(here, 'account', 'create', '--account', '444455556666'))
    refused(await holdfast(here, 'account', 'create', '--account', '444455556666'), 'AlreadyExistsException')
    refused(await holdfast(here, 'account', 'create', '--account', '4444'), 'ValidationException')
    expect(done(await holdfast(here, 'account', 'list')).stdout).toBe('111122223333\n444455556666\n')
    const key = answer(await holdfast(here, 'access-key', 'create', '--principal', 'arn:aws:iam::444455556666:root', '--json'))
    refused(await holdfast(here, 'access-key', 'create', '--principal', 'arn:aws:iam::777777777777:root'), 'NotFoundException')
    refused(await holdfast(here, 'access-key', 'create', '--principal', 'alice'), 'NotFoundException')
    const ca = done(await holdfast(here, 'endpoint', 'ca')).stdout.trim()
    await expect(clientOf(ready.kms!, ca, key, 'eu-central-1').send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region.' })
    done(await holdfast(here, 'region', 'add', 'eu-central-1'))
    expect(done(await holdfast(here, 'region', 'list')).stdout).toBe('eu-central-1\nlab\n')
    const made = answer(await holdfast(here, 'kms', 'create-key')) as unknown as { KeyMetadata: { KeyId: string } }
    const elsewhere = clientOf(ready.kms!, ca, key, 'eu-central-1')
    expect((await elsewhere.send(new ListKeysCommand({}))).Keys).toEqual([])
    await expect(elsewhere.send(new DescribeKeyCommand({ KeyId: made.KeyMetadata.KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' })
  })
})

function clientOf(endpoint: string, caPath: string, key: Record<string, string>, region = 'lab'): KMSClient {
  const httpsAgent = new Agent({ ca: readFileSync(caPath) })
  const client = new KMSClient({ endpoint, region, credentials: credentialsOf(key), maxAttempts: 1, requestHandler: { httpsAgent } })
  onTestFinished(() => { client.destroy() })
  return client
}

function credentialsOf(key: Record<string, string>) {
  return { accessKeyId: key['accessKeyId']!, secretAccessKey: key['secretAccessKey']! }
}

function done(outcome: Outcome): Outcome {
  expect(outcome.stderr).toBe('')
  expect(outcome.code).toBe(0)
  return outcome
}

function answer(outcome: Outcome): Record<string, string> {
  return JSON.parse(done(outcome).stdout) as Record<string, string>
}

function refused({ code, stderr }: Outcome, failure: string): string {
  expect(stderr).toMatch(new RegExp(`^holdfast: [^\\n]+ \\(${failure}\\)\\n$`))
  expect(code).toBe(failure === 'USAGE' ? 2 : 1)
  return stderr
}
