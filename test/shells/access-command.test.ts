import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import {
  CreateGrantCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand, type KMSServiceException,
} from '@aws-sdk/client-kms'
import { expect, it, onTestFinished } from 'vitest'
import { holdfast, serving, type Outcome, type Surroundings } from './commands.ts'
import { temporaryFolder } from './temporary.ts'

// docs/access.md as a person lives it: users made on the command line, and AWS's own client under their access keys.

const ACCOUNT = '111122223333'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`

it('lets each user do what policies and grants say, and tells the others who, what and which key', async () => {
  const folder = temporaryFolder()
  const around: Surroundings = { home: join(folder, 'home'), passphraseFile: join(folder, 'passphrase'), runtime: temporaryFolder() }
  writeFileSync(join(folder, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 })
  const done = async (...args: string[]): Promise<Outcome> => {
    const outcome = await holdfast(around, ...args)
    expect(outcome.code, outcome.stderr).toBe(0)
    return outcome
  }
  await done('init', '--account', ACCOUNT, '--region', 'lab')
  const { ready } = await serving(around, '--kms', '127.0.0.1:0')
  const httpsAgent = new Agent({ ca: readFileSync((await done('endpoint', 'ca')).stdout.trim()) })
  const { KeyId, Arn } = (JSON.parse((await done('kms', 'create-key')).stdout) as { KeyMetadata: { KeyId: string; Arn: string } }).KeyMetadata

  // As in docs/access.md.
  const lines = /```\n(holdfast user create[^`]+)```/.exec(readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8'))?.[1]?.trim().split('\n') ?? []
  expect(lines).toHaveLength(3)
  const [create = [], makeKey = [], simulate = []] = lines.map((line) => line.replace('KEY_ARN', Arn).split(' ').slice(1))
  await done(...create)
  await done(...makeKey)
  expect((await done(...simulate)).stdout).toMatch(/allow/i)
  for (const [name, group] of [['carol', 'administrators'], ['dave', 'auditors'], ['erin', undefined]] as const) {
    await done('user', 'create', '--name', name, ...(group === undefined ? [] : ['--group', group]))
  }

  async function as(name: string): Promise<KMSClient> {
    const made = JSON.parse((await done('access-key', 'create', '--principal', name, '--json')).stdout) as { accessKeyId: string; secretAccessKey: string }
    const client = new KMSClient({ endpoint: ready.kms!, region: 'lab', credentials: made, maxAttempts: 1, requestHandler: { httpsAgent } })
    onTestFinished(() => { client.destroy() })
    return client
  }
  const [root, alice, carol, dave, erin] = [await as('root'), await as('alice'), await as('carol'), await as('dave'), await as('erin')]
  const Plaintext = new TextEncoder().encode('salary')
  const EncryptionContext = { app: 'a' }
  const refusal = async (name: string, action: string, call: Promise<unknown>): Promise<void> => {
    const refused = await call.then(() => undefined, (error: unknown) => error as KMSServiceException)
    expect(refused).toMatchObject({ name: 'AccessDeniedException' })
    expect(refused?.message).toMatch(new RegExp(`^User: arn:aws:iam::${ACCOUNT}:user/${name} is not authorized to perform: ${action} on resource: ${Arn} (because|with an explicit deny) `))
  }

  const { CiphertextBlob } = await alice.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
  expect((await alice.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).Plaintext).toEqual(Plaintext)
  await refusal('alice', 'kms:ScheduleKeyDeletion', alice.send(new ScheduleKeyDeletionCommand({ KeyId })))
  await refusal('carol', 'kms:Decrypt', carol.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })))
  expect((await dave.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState).toBe('Enabled')
  await refusal('dave', 'kms:Encrypt', dave.send(new EncryptCommand({ KeyId, Plaintext })))

  await refusal('erin', 'kms:Decrypt', erin.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })))
  await root.send(new CreateGrantCommand({
    KeyId, GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/erin`, Operations: ['Decrypt'], Constraints: { EncryptionContextEquals: EncryptionContext },
  }))
  expect((await erin.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))).Plaintext).toEqual(Plaintext)
  const other = await alice.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { app: 'b' } }))
  await refusal('erin', 'kms:Decrypt', erin.send(new DecryptCommand({ CiphertextBlob: other.CiphertextBlob, EncryptionContext: { app: 'b' } })))

  // An explicit deny decides over every allow, and a policy that locks its writer out is not taken.
  const statements = [
    { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` }, Action: 'kms:Encrypt', Resource: '*' },
  ]
  await root.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }))
  await refusal('alice', 'kms:Encrypt', alice.send(new EncryptCommand({ KeyId, Plaintext })))
  await expect(root.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements.slice(1) }) }))).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })

  expect((await done('user', 'list')).stdout).toMatch(/alice[^]*carol[^]*dave[^]*erin/)
  const { records } = JSON.parse((await done('audit', 'list', '--json', '--limit', '500')).stdout) as { records: { operation: string; principal?: string; failure?: string }[] }
  expect(records.filter(({ operation }) => operation === 'Decrypt').map(({ principal, failure }) => [principal, failure])).toContainEqual([`arn:aws:iam::${ACCOUNT}:user/carol`, 'AccessDeniedException'])
  await done('user', 'delete', '--name', 'alice')
  await expect(alice.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
})
