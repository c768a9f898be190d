import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, environment, holdfast, type Surroundings } from './commands.ts'
import { runningEndpoint } from '../endpoints/running-endpoint.ts'

// docs/audit.md, block by block: its commands are run as they stand there, one after the other in one folder.

const blocks = new Map([...readFileSync('docs/audit.md', 'utf8').matchAll(/^```sh (\w+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]))
const aws = spawnSync('aws', ['--version']).status === 0

describe('docs/audit.md', () => {
  let folder: string
  let variables: NodeJS.ProcessEnv

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hf-test-'))
    mkdirSync(join(folder, 'runtime'), { mode: 0o700 })
    const passphraseFile = join(folder, 'passphrase')
    writeFileSync(passphraseFile, 'correct horse battery staple', { mode: 0o600 })
    const here: Surroundings = { home: join(folder, 'home'), runtime: join(folder, 'runtime'), passphraseFile }
    await holdfast(here, 'init')
    const made = JSON.parse((await holdfast(here, 'kms', 'create-key')).stdout) as { KeyMetadata: { KeyId: string } }
    await holdfast(here, 'kms', 'create-alias', '--alias-name', 'alias/payroll', '--target-key-id', made.KeyMetadata.KeyId)
    const shim = join(folder, 'holdfast')
    const [node, rest] = commandLine([])
    writeFileSync(shim, `#!/bin/sh\nexec ${[node, ...rest].map((word) => `'${word}'`).join(' ')} "$@"\n`)
    chmodSync(shim, 0o755)
    const { PATH = '', ...others } = environment(here)
    variables = { ...others, PATH: `${folder}${delimiter}${PATH}` }
  })

  afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

  it('shows what this file runs, and nothing else', () => {
    expect([...blocks.keys()]).toEqual(['look', 'verify', 'prove', 'export', 'aws'])
  })

  it.each(['look', 'verify', 'prove', 'export'])('%s', async (name) => {
    const { code, stderr, stdout } = await run(blocks.get(name) ?? '', variables, folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/./)
  })

  it.skipIf(!aws)(`aws${aws ? '' : ' (no `aws` in the PATH)'}`, async () => {
    await using endpoint = await runningEndpoint()
    const { accessKeyId, secretAccessKey } = endpoint.credentials
    const { code, stderr, stdout } = await run(blocks.get('aws') ?? '', {
      PATH: process.env['PATH'], HOME: folder, AWS_ENDPOINT_URL_KMS: endpoint.url, AWS_CA_BUNDLE: endpoint.caPath, AWS_REGION: 'lab', AWS_DEFAULT_REGION: 'lab', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey,
    }, folder)
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('"trailList"')
  })
})

async function run(script: string, env: NodeJS.ProcessEnv, cwd: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => { stdout += text.toString() })
  child.stderr.on('data', (text: Buffer) => { stderr += text.toString() })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}
