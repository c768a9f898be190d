import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, environment, holdfast, serving, type Outcome } from '../shells/commands.ts'
import { temporaryFolder } from '../shells/temporary.ts'
import { REGION, runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'

// docs/kms.md, line by line: its commands and programs are run as they stand there, by the clients that it names.

const root = join(import.meta.dirname, '..', '..')

interface Block {
  readonly section: string
  /** Its language, and what it needs beyond that. */
  readonly kind: string
  readonly text: string
}

const blocks = blocksOf(readFileSync(join(root, 'docs', 'kms.md'), 'utf8'))
const awsPrograms = programs('aws')
const python = programs('python3').find((each) => spawnSync(each, ['-c', 'import boto3']).status === 0)

let endpoint: RunningEndpoint
beforeAll(async () => {
  endpoint = await runningEndpoint()
  await endpoint.vault.api.accounts.addRegion({ region: 'eu-north-1' })
})
afterAll(() => endpoint[Symbol.asyncDispose]())

describe('docs/kms.md', () => {
  it('shows what this file runs, and nothing else', () => {
    expect(blocks.map(({ section, kind }) => `${section}: ${kind}`)).toEqual([
      'Switch it on: sh serve',
      'Switch it on: sh',
      'AWS CLI: sh aws',
      'Several Regions: sh aws regions',
      'Key material from outside: sh aws openssl',
      'Python: boto3: python boto3',
      'JavaScript: AWS SDK v3: js',
      'AWS Encryption SDK: js',
    ])
  })

  it('switches the endpoint on, and sets what clients read', async () => {
    const folder = temporaryFolder()
    const passphraseFile = join(folder, 'passphrase')
    writeFileSync(passphraseFile, 'correct horse battery staple', { mode: 0o600 })
    const here = { home: join(folder, 'home'), runtime: temporaryFolder(), passphraseFile }
    expect((await holdfast(here, 'init')).code).toBe(0)
    const [command, ...args] = (block('Switch it on', 'sh serve').trim().split(' '))
    expect([command, args[0]]).toEqual(['holdfast', 'serve'])
    const { ready } = await serving(here, ...args.slice(1).map((arg) => arg.replace(':8443', ':0')))

    const shim = join(folder, 'holdfast')
    const [node, rest] = commandLine([])
    writeFileSync(shim, `#!/bin/sh\nexec ${[node, ...rest].map((word) => `'${word}'`).join(' ')} "$@"\n`)
    chmodSync(shim, 0o755)
    const script = `${block('Switch it on', 'sh').replace(':8443', `:${new URL(ready.kms!).port}`)}\nenv`
    const { PATH = '', ...others } = environment(here)
    const { stdout } = done(await run('bash', ['-euo', 'pipefail', '-c', script], { ...others, PATH: `${folder}${delimiter}${PATH}` }, folder))
    const variables = Object.fromEntries(stdout.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]))
    expect(variables).toMatchObject({
      AWS_ENDPOINT_URL_KMS: ready.kms!,
      AWS_CA_BUNDLE: join(here.home, 'endpoint-ca.pem'),
      NODE_EXTRA_CA_CERTS: join(here.home, 'endpoint-ca.pem'),
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^AKIA/) as string,
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^.{40}$/) as string,
    })
  })

  it.skipIf(awsPrograms.length === 0).each(awsPrograms.length === 0 ? ['(no `aws` in the PATH: apt-get install awscli)'] : awsPrograms)('drives %s', async (aws) => {
    const folder = temporaryFolder()
    symlinkSync(aws, join(folder, 'aws'))
    // Each version of the command line makes the same alias.
    const script = `${block('AWS CLI', 'sh aws')}\naws kms delete-alias --alias-name alias/app --endpoint-url $AWS_ENDPOINT_URL_KMS`
    const { stdout } = done(await run('bash', ['-euo', 'pipefail', '-c', script], clientEnvironment(folder), folder))
    expect(stdout).toBe('hello')
  })

  it.skipIf(awsPrograms.length === 0)(`replicates a key to another Region${awsPrograms.length === 0 ? ' (no `aws` in the PATH: apt-get install awscli)' : ''}`, async () => {
    const folder = temporaryFolder()
    symlinkSync(awsPrograms[0]!, join(folder, 'aws'))
    const { stdout } = done(await run('bash', ['-euo', 'pipefail', '-c', block('Several Regions', 'sh aws regions')], clientEnvironment(folder), folder))
    expect(stdout).toBe('Enabled\nhello')
  })

  it.skipIf(awsPrograms.length === 0)(`imports what OpenSSL has wrapped${awsPrograms.length === 0 ? ' (no `aws` in the PATH: apt-get install awscli)' : ''}`, async () => {
    const folder = temporaryFolder()
    symlinkSync(awsPrograms[0]!, join(folder, 'aws'))
    const { stdout } = done(await run('bash', ['-euo', 'pipefail', '-c', block('Key material from outside', 'sh aws openssl')], clientEnvironment(folder), folder))
    expect(stdout).toBe('Enabled\n')
  })

  it.skipIf(python === undefined)(`drives boto3${python === undefined ? ' (not installed: apt-get install python3-boto3)' : ''}`, async () => {
    const folder = temporaryFolder()
    const { stdout } = done(await run(python!, ['-c', block('Python: boto3', 'python boto3')], clientEnvironment(folder), folder))
    expect(stdout).toBe('hello\n')
  })

  it.each([
    ['JavaScript: AWS SDK v3', 'the same data key\n'],
    ['AWS Encryption SDK', 'hello demo\n'],
  ])('drives %s', async (section, expected) => {
    // Where packages are found from the project's own folder.
    const { stdout } = done(await run(process.execPath, ['--input-type=module', '-e', block(section, 'js')], clientEnvironment(temporaryFolder()), root))
    expect(stdout).toBe(expected)
  })
})

/** What a person has set by then; no other configuration of this machine. */
function clientEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: folder,
    AWS_ENDPOINT_URL_KMS: endpoint.url,
    AWS_CA_BUNDLE: endpoint.caPath,
    NODE_EXTRA_CA_CERTS: endpoint.caPath,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: endpoint.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.credentials.secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  }
}

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Outcome> {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

function done(outcome: Outcome): Outcome {
  expect(outcome.code, outcome.stderr).toBe(0)
  return outcome
}

/** Every program of this name in the PATH, each real one once. */
function programs(name: string): string[] {
  const found = spawnSync('which', ['-a', name], { encoding: 'utf8' }).stdout.split('\n').filter((path) => path !== '')
  return found.filter((path, at) => found.findIndex((each) => dirname(each).replace(/^\/bin$/, '/usr/bin') === dirname(path).replace(/^\/bin$/, '/usr/bin')) === at)
}

function block(section: string, kind: string): string {
  return blocks.find((each) => each.section === section && each.kind === kind)!.text
}

function blocksOf(markdown: string): Block[] {
  let section = ''
  return [...markdown.matchAll(/^## (.+)$|^```(\S.*)\n([\s\S]*?)^```$/gm)].flatMap(([, heading, kind, text]) => {
    if (heading !== undefined) section = heading
    return kind === undefined ? [] : [{ section, kind, text: text ?? '' }]
  })
}
