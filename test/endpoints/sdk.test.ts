import * as sdk from '@aws-sdk/client-kms'
import type {
  KMSClient} from '@aws-sdk/client-kms';
import {
  CancelKeyDeletionCommand, CreateAliasCommand, CreateKeyCommand, DecryptCommand, DeleteAliasCommand, DescribeKeyCommand, DisableKeyCommand,
  DisableKeyRotationCommand, EnableKeyCommand, EnableKeyRotationCommand, EncryptCommand, GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand, GenerateRandomCommand, GetKeyLastUsageCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand, ListAliasesCommand, ListKeyPoliciesCommand, ListKeyRotationsCommand, ListKeysCommand, ListResourceTagsCommand,
  PutKeyPolicyCommand, ReEncryptCommand, RotateKeyOnDemandCommand, ScheduleKeyDeletionCommand, TagResourceCommand, UntagResourceCommand,
  UpdateAliasCommand, UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kms } from '#contract/kms.ts'
import { runningEndpoint, type RunningEndpoint } from './running-endpoint.ts'

// AWS's own client against the endpoint: its types are the wire's, so what it understands is what every SDK understands.

let endpoint: RunningEndpoint
let client: KMSClient
let KeyId: string
const called = new Set<string>()

beforeAll(async () => {
  endpoint = await runningEndpoint()
  client = endpoint.client()
  client.middlewareStack.add((next, context) => (args) => {
    called.add((context as { commandName: string }).commandName.replace(/Command$/, ''))
    return next(args)
  }, { step: 'initialize' })
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'für das SDK', Tags: [{ TagKey: 'team', TagValue: 'blue' }] }))
  KeyId = KeyMetadata!.KeyId!
})

afterAll(() => endpoint[Symbol.asyncDispose]())

describe('@aws-sdk/client-kms', () => {
  it('creates, describes and lists keys; times are times', async () => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
    expect(KeyMetadata).toMatchObject({ Arn: `arn:aws:kms:lab:441722089135:key/${KeyId}`, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', Description: 'für das SDK', Enabled: true })
    expect(Math.abs(KeyMetadata!.CreationDate!.getTime() - Date.now())).toBeLessThan(60_000)
    expect((await client.send(new ListKeysCommand({}))).Keys).toContainEqual({ KeyId, KeyArn: KeyMetadata!.Arn })
    await client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'for the SDK' }))
    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.Description).toBe('for the SDK')
  })

  it('encrypts and decrypts bytes of every value, bound to their context', async () => {
    const Plaintext = Uint8Array.from({ length: 256 }, (_, i) => i)
    const EncryptionContext = { tenant: 'acme', ['__proto__']: 'x', 'größe': '\u{1f511}' }
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    expect(new Uint8Array(opened.Plaintext!)).toEqual(Plaintext)
    expect(opened.KeyId).toBe(`arn:aws:kms:lab:441722089135:key/${KeyId}`)
    await expect(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { tenant: 'acme' } }))).rejects.toMatchObject({ name: 'InvalidCiphertextException', $fault: 'client' })
    const other = await client.send(new CreateKeyCommand({}))
    const moved = await client.send(new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: other.KeyMetadata!.KeyId }))
    expect(new Uint8Array((await client.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }))).Plaintext!)).toEqual(Plaintext)
  })

  it('makes data keys and random bytes', async () => {
    const dataKey = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    expect(dataKey.Plaintext).toHaveLength(32)
    expect((await client.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }))).Plaintext).toEqual(dataKey.Plaintext)
    const without = await client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 17 }))
    expect((await client.send(new DecryptCommand({ CiphertextBlob: without.CiphertextBlob }))).Plaintext).toHaveLength(17)
    expect((await client.send(new GenerateRandomCommand({ NumberOfBytes: 1024 }))).Plaintext).toHaveLength(1024)
  })

  it('names keys by alias, and pages through lists', async () => {
    for (const name of ['alias/sdk-a', 'alias/sdk-b']) await client.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: KeyId }))
    const first = await client.send(new ListAliasesCommand({ KeyId, Limit: 1 }))
    expect(first).toMatchObject({ Aliases: [{ AliasName: 'alias/sdk-a', TargetKeyId: KeyId }], Truncated: true })
    const second = await client.send(new ListAliasesCommand({ KeyId, Limit: 1, Marker: first.NextMarker }))
    expect(second).toMatchObject({ Aliases: [{ AliasName: 'alias/sdk-b' }], Truncated: false })
    expect(second.Aliases![0]!.CreationDate).toBeInstanceOf(Date)
    const other = (await client.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!
    await client.send(new UpdateAliasCommand({ AliasName: 'alias/sdk-b', TargetKeyId: other }))
    expect((await client.send(new DescribeKeyCommand({ KeyId: 'alias/sdk-b' }))).KeyMetadata!.KeyId).toBe(other)
    await client.send(new DeleteAliasCommand({ AliasName: 'alias/sdk-b' }))
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'alias/sdk-b' }))).rejects.toMatchObject({ name: 'NotFoundException', message: 'Alias arn:aws:kms:lab:441722089135:alias/sdk-b is not found.' })
  })

  it('tags keys, and reads and writes policies', async () => {
    await client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'env', TagValue: '' }] }))
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['team'] }))
    expect((await client.send(new ListResourceTagsCommand({ KeyId }))).Tags).toContainEqual({ TagKey: 'env', TagValue: '' })
    const { Policy } = await client.send(new GetKeyPolicyCommand({ KeyId }))
    await client.send(new PutKeyPolicyCommand({ KeyId, Policy }))
    expect((await client.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames).toEqual(['default'])
  })

  it('rotates, and knows what was used', async () => {
    await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
    expect(await client.send(new GetKeyRotationStatusCommand({ KeyId }))).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 })
    await client.send(new DisableKeyRotationCommand({ KeyId }))
    await client.send(new RotateKeyOnDemandCommand({ KeyId }))
    expect((await client.send(new ListKeyRotationsCommand({ KeyId }))).Rotations).toHaveLength(1)
    expect((await client.send(new GetKeyLastUsageCommand({ KeyId }))).KeyLastUsage!.Operation).toBeTypeOf('string')
  })

  it('switches keys off and on, and schedules and cancels a deletion', async () => {
    await client.send(new DisableKeyCommand({ KeyId }))
    await expect(client.send(new EncryptCommand({ KeyId, Plaintext: Uint8Array.of(1) }))).rejects.toMatchObject({
      name: 'DisabledException',
      message: `arn:aws:kms:lab:441722089135:key/${KeyId} is disabled.`,
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
    })
    await client.send(new EnableKeyCommand({ KeyId }))
    const doomed = (await client.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!
    const { DeletionDate } = await client.send(new ScheduleKeyDeletionCommand({ KeyId: doomed, PendingWindowInDays: 7 }))
    expect(DeletionDate!.getTime() - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
    expect((await client.send(new CancelKeyDeletionCommand({ KeyId: doomed }))).KeyId).toBe(`arn:aws:kms:lab:441722089135:key/${doomed}`)
  })

  it('reaches every other operation of the contract too', async () => {
    const others = Object.keys(kms).filter((name) => !called.has(name))
    const commands = sdk as unknown as Record<string, new (input: object) => EncryptCommand>
    for (const name of others) {
      const refusal: unknown = await client.send(new commands[`${name}Command`]!({})).catch((error: unknown) => error)
      expect([name, (refusal as { name?: string }).name]).not.toEqual([name, 'UnknownOperationException'])
    }
    expect(called.size).toBeGreaterThan(25)
  })
})
