import { spawn } from 'node:child_process'
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandLine, environment, holdfast, type Surroundings } from './commands.ts'

// `key import` as a person has it: real processes, a real home, a real token.

let base: string
let around: Surroundings

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hf-test-'))
  writeFileSync(join(base, 'passphrase'), 'correct horse battery staple', { mode: 0o600 })
  mkdirSync(join(base, 'runtime'), { mode: 0o700 })
  around = { home: join(base, 'home'), passphraseFile: join(base, 'passphrase'), runtime: join(base, 'runtime') }
  await holdfast(around, 'init', '--account', '111122223333', '--region', 'lab')
})

afterAll(() => { rmSync(base, { recursive: true, force: true }) })

async function kms(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await holdfast(around, 'kms', ...args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

async function newKey(...args: string[]): Promise<string> {
  return ((await kms('create-key', '--origin', 'EXTERNAL', ...args))['KeyMetadata'] as { KeyId: string }).KeyId
}

function file(name: string, content: Uint8Array): string {
  writeFileSync(join(base, name), content, { mode: 0o600 })
  return join(base, name)
}

describe('key import', () => {
  it('brings the bytes of a file into a key, under its alias', async () => {
    const value = randomBytes(32)
    const keyId = await newKey('--key-spec', 'HMAC_256', '--key-usage', 'GENERATE_VERIFY_MAC')
    await holdfast(around, 'kms', 'create-alias', '--alias-name', 'alias/mac', '--target-key-id', keyId)
    const { code, stdout, stderr } = await holdfast(around, 'key', 'import', 'alias/mac', file('material', value), '--valid-to', new Date(Date.now() + 86_400_000).toISOString())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Material [0-9a-f]{64} is in arn:aws:kms:lab:111122223333:key/${keyId}\\.\n$`))
    const { Mac } = await kms('generate-mac', '--key-id', keyId, '--message', 'eA==', '--mac-algorithm', 'HMAC_SHA_256')
    expect(Mac).toBe(createHmac('sha256', value).update('x').digest('base64'))
    expect((await kms('describe-key', '--key-id', keyId))['KeyMetadata']).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES' })
  })

  it('brings the pair of a PKCS #8 file in', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keyId = await newKey('--key-spec', 'RSA_2048', '--key-usage', 'SIGN_VERIFY')
    const { code, stderr } = await holdfast(around, 'key', 'import', keyId, file('pair.der', privateKey.export({ format: 'der', type: 'pkcs8' })))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect((await kms('get-public-key', '--key-id', keyId))['PublicKey']).toBe(publicKey.export({ format: 'der', type: 'spki' }).toString('base64'))
  })

  it('reads the standard input, and new material beside the old', async () => {
    const keyId = await newKey()
    expect((await piped(randomBytes(32), 'key', 'import', keyId, '-')).code).toBe(0)
    expect(await piped(randomBytes(32), 'key', 'import', keyId, '-')).toMatchObject({ code: 1, stderr: expect.stringContaining('(IncorrectKeyMaterialException)') as string })
    expect((await piped(randomBytes(32), 'key', 'import', keyId, '-', '--new', '--description', 'second')).code).toBe(0)
    const { Rotations } = await kms('list-key-rotations', '--key-id', keyId, '--include-key-material', 'ALL_KEY_MATERIAL')
    expect(Rotations).toMatchObject([{ KeyMaterialState: 'CURRENT' }, { KeyMaterialState: 'PENDING_ROTATION', KeyMaterialDescription: 'second' }])
  })

  it('refuses files that cannot be material, and never says what is in them', async () => {
    const keyId = await newKey()
    for (const path of [file('empty', new Uint8Array()), file('long', Buffer.alloc(9000, 'a')), file('too-long', Buffer.alloc(400, 'a')), join(base, 'missing')]) {
      const { code, stderr } = await holdfast(around, 'key', 'import', keyId, path)
      expect(code).toBe(2)
      expect(stderr).not.toContain('aaa')
    }
    expect(await holdfast(around, 'key', 'import', keyId, file('short', Buffer.alloc(31, 'a')))).toMatchObject({ code: 1, stderr: expect.stringContaining('(IncorrectKeyMaterialException)') as string })
  })
})

async function piped(input: Uint8Array, ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const [program, rest] = commandLine(args)
  const child = spawn(program, rest, { env: environment(around), stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}
