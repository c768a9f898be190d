import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VaultError } from '#core/vocabulary/failures.ts'
import { bytes, temporaryVault, text, type TemporaryVault } from './temporary-vault.ts'

// AWS KMS's behaviour for symmetric keys, against a real token. Texts: the real service's, as far as they are known.

let vault: TemporaryVault
let keyId: string
let arn: string

beforeAll(async () => {
  vault = await temporaryVault()
  const { KeyMetadata } = await vault.api.kms.CreateKey({ Description: 'payroll', Tags: [{ TagKey: 'team', TagValue: 'finance' }] })
  keyId = KeyMetadata.KeyId
  arn = KeyMetadata.Arn
  await vault.api.kms.CreateAlias({ AliasName: 'alias/payroll', TargetKeyId: keyId })
})

afterAll(() => vault[Symbol.asyncDispose]())

describe('keys', () => {
  it('describes a key as AWS KMS does', async () => {
    const { KeyMetadata } = await vault.api.kms.DescribeKey({ KeyId: 'alias/payroll' })
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: '441722089135',
      KeyId: keyId,
      Arn: `arn:aws:kms:lab:441722089135:key/${keyId}`,
      Enabled: true,
      Description: 'payroll',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    })
    expect(KeyMetadata.CurrentKeyMaterialId).toMatch(/^[0-9a-f]{64}$/)
  })

  it('lists keys in pages', async () => {
    for (let i = 0; i < 3; i++) await vault.api.kms.CreateKey({})
    const seen: string[] = []
    let marker: string | undefined
    do {
      const page = await vault.api.kms.ListKeys({ Limit: 2, ...(marker === undefined ? {} : { Marker: marker }) })
      expect(page.Keys.length).toBeLessThanOrEqual(2)
      expect(page.Truncated).toBe(page.NextMarker !== undefined)
      seen.push(...page.Keys.map((key) => key.KeyId))
      marker = page.NextMarker
    } while (marker !== undefined)
    expect(new Set(seen).size).toBe(4)
    expect(seen).toContain(keyId)
  })

  it.each([
    ['an id', () => keyId],
    ['an ARN', () => arn],
    ['an alias name', () => 'alias/payroll'],
    ['an alias ARN', () => 'arn:aws:kms:lab:441722089135:alias/payroll'],
  ])('finds a key by %s', async (_what, name) => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: name(), Plaintext: bytes('x') })
    expect((await vault.api.kms.Decrypt({ CiphertextBlob, KeyId: name() })).KeyId).toBe(arn)
  })

  it.each([
    ['no-such', "Invalid keyId 'no-such'"],
    ['00000000-0000-4000-8000-000000000000', "Key 'arn:aws:kms:lab:441722089135:key/00000000-0000-4000-8000-000000000000' does not exist"],
    ['alias/none', 'Alias arn:aws:kms:lab:441722089135:alias/none is not found.'],
    ['arn:aws:kms:eu-west-1:441722089135:key/00000000-0000-4000-8000-000000000000', 'Invalid arn eu-west-1'],
  ])('says that %s is not found', async (KeyId, message) => {
    expect(await failure(vault.api.kms.DescribeKey({ KeyId }))).toEqual(['NotFoundException', message])
  })

  it('refuses what it does not serve, rather than ignoring it', async () => {
    expect((await failure(vault.api.kms.CreateKey({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' })))[0]).toBe('UnsupportedOperationException')
    expect((await failure(vault.api.kms.CreateKey({ Origin: 'EXTERNAL_KEY_STORE' })))[0]).toBe('UnsupportedOperationException')
    expect((await failure(vault.api.kms.DescribeKey({ KeyId: keyId, GrantTokens: ['x'] })))[0]).toBe('InvalidGrantTokenException')
  })

  it('checks tags in the words of AWS KMS', async () => {
    const tag = (TagKey: string) => ({ TagKey, TagValue: '' })
    expect(await failure(vault.api.kms.CreateKey({ Tags: [tag('a'), tag('a')] }))).toEqual(['TagException', 'Duplicate tag keys'])
    expect(await failure(vault.api.kms.CreateKey({ Tags: [tag('aws:a')] }))).toEqual(['TagException', 'Tags beginning with aws: are reserved'])
    expect(await failure(vault.api.kms.CreateKey({ Tags: Array.from({ length: 51 }, (_, i) => tag(`t${i}`)) }))).toEqual(['TagException', 'Too many tags'])
  })
})

describe('what is said about a key', () => {
  it('changes its description', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({ Description: 'a' })
    await vault.api.kms.UpdateKeyDescription({ KeyId: KeyMetadata.KeyId, Description: 'b' })
    expect((await vault.api.kms.DescribeKey({ KeyId: KeyMetadata.KeyId })).KeyMetadata.Description).toBe('b')
  })

  it('adds, replaces and removes tags, and shows how the key is protected', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({ Tags: [{ TagKey: 'a', TagValue: '1' }] })
    const KeyId = KeyMetadata.KeyId
    await vault.api.kms.TagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b', TagValue: '' }] })
    const protection = { TagKey: 'holdfast:protection', TagValue: 'HSM' }
    expect((await vault.api.kms.ListResourceTags({ KeyId })).Tags).toEqual([{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b', TagValue: '' }, protection])
    await vault.api.kms.UntagResource({ KeyId, TagKeys: ['a', 'not there'] })
    expect((await vault.api.kms.ListResourceTags({ KeyId, Limit: 1 }))).toMatchObject({ Tags: [{ TagKey: 'b' }], Truncated: true })
    expect(await failure(vault.api.kms.TagResource({ KeyId, Tags: Array.from({ length: 50 }, (_, i) => ({ TagKey: `t${i}`, TagValue: '' })) }))).toEqual(['TagException', 'Too many tags'])
  })

  it('keeps the policy that it was given, and refuses one that is none', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const KeyId = KeyMetadata.KeyId
    expect(JSON.parse((await vault.api.kms.GetKeyPolicy({ KeyId })).Policy)).toMatchObject({ Id: 'key-default-1' })
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'x', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::441722089135:root' }, Action: 'kms:*', Resource: '*' }] })
    await vault.api.kms.PutKeyPolicy({ KeyId, Policy })
    expect(await vault.api.kms.GetKeyPolicy({ KeyId, PolicyName: 'default' })).toEqual({ Policy, PolicyName: 'default' })
    expect((await vault.api.kms.ListKeyPolicies({ KeyId })).PolicyNames).toEqual(['default'])
    for (const bad of ['{', '[]', '{}', '{"Statement":[]}', '{"Statement":{"Effect":"Maybe"}}', Policy.replace('Allow', 'allow'), Policy.replace('"Action"', '"Actions"')]) {
      expect((await failure(vault.api.kms.PutKeyPolicy({ KeyId, Policy: bad })))[0]).toBe('MalformedPolicyDocumentException')
    }
    expect((await failure(vault.api.kms.CreateKey({ Policy: '{}' })))[0]).toBe('MalformedPolicyDocumentException')
  })

  it('tells the last use with the record of it', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const KeyId = KeyMetadata.KeyId
    expect(await vault.api.kms.GetKeyLastUsage({ KeyId })).not.toHaveProperty('KeyLastUsage')
    await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    expect((await vault.api.kms.GetKeyLastUsage({ KeyId })).KeyLastUsage).toMatchObject({ Operation: 'Encrypt', CloudTrailEventId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  })
})

describe('aliases', () => {
  it('move to another key', async () => {
    const [one, two] = [await vault.api.kms.CreateKey({}), await vault.api.kms.CreateKey({})]
    await vault.api.kms.CreateAlias({ AliasName: 'alias/moving', TargetKeyId: one.KeyMetadata.KeyId })
    await vault.api.kms.UpdateAlias({ AliasName: 'alias/moving', TargetKeyId: two.KeyMetadata.KeyId })
    expect((await vault.api.kms.DescribeKey({ KeyId: 'alias/moving' })).KeyMetadata.KeyId).toBe(two.KeyMetadata.KeyId)
    expect((await failure(vault.api.kms.UpdateAlias({ AliasName: 'alias/nowhere', TargetKeyId: two.KeyMetadata.KeyId })))[0]).toBe('NotFoundException')
    await vault.api.kms.DeleteAlias({ AliasName: 'alias/moving' })
  })

  it('lists the aliases of one key and of all', async () => {
    await vault.api.kms.CreateAlias({ AliasName: 'alias/other', TargetKeyId: keyId })
    const { Aliases } = await vault.api.kms.ListAliases({ KeyId: keyId })
    expect(Aliases.map((alias) => alias.AliasName)).toEqual(['alias/other', 'alias/payroll'])
    await vault.api.kms.DeleteAlias({ AliasName: 'alias/other' })
    expect((await vault.api.kms.ListAliases({})).Aliases.map((alias) => alias.AliasArn)).toEqual(['arn:aws:kms:lab:441722089135:alias/payroll'])
  })

  it.each([
    ['payroll', 'ValidationException'],
    ['alias/aws/s3', 'NotAuthorizedException'],
    ['alias/a:b', 'InvalidAliasNameException'],
    ['alias/', 'InvalidAliasNameException'],
    ['alias/a b', 'ValidationException'],
    ['alias/payroll', 'AlreadyExistsException'],
  ])('refuses %s as a new name', async (AliasName, code) => {
    expect((await failure(vault.api.kms.CreateAlias({ AliasName, TargetKeyId: keyId })))[0]).toBe(code)
  })

  it('gives one key at most 50 aliases', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    for (let i = 0; i < 50; i++) await vault.api.kms.CreateAlias({ AliasName: `alias/many-${i}`, TargetKeyId: KeyMetadata.KeyId })
    expect((await failure(vault.api.kms.CreateAlias({ AliasName: 'alias/one-more', TargetKeyId: KeyMetadata.KeyId })))[0]).toBe('LimitExceededException')
  })
})

describe('encryption', () => {
  it('decrypts what it encrypted, with the same context and no key id', async () => {
    const EncryptionContext = { tenant: 'acme', 'ключ': 'значение' }
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: 'alias/payroll', Plaintext: bytes('salary: 1'), EncryptionContext })
    const answer = await vault.api.kms.Decrypt({ CiphertextBlob, EncryptionContext })
    expect(text(answer.Plaintext)).toBe('salary: 1')
    expect(answer).toMatchObject({ KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
  })

  it.each([
    ['another context', { tenant: 'other' }],
    ['a context in other letter case', { Tenant: 'acme' }],
    ['no context', undefined],
    ['one pair more', { tenant: 'acme', more: '' }],
  ])('refuses to decrypt with %s', async (_what, EncryptionContext) => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: bytes('x'), EncryptionContext: { tenant: 'acme' } })
    expect(await failure(vault.api.kms.Decrypt({ CiphertextBlob, EncryptionContext }))).toEqual(['InvalidCiphertextException', ''])
  })

  it('refuses a ciphertext with any byte altered', async () => {
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: bytes('x') })
    for (let i = 0; i < CiphertextBlob.length; i++) {
      const altered = Uint8Array.from(CiphertextBlob)
      altered[i] = (altered[i] ?? 0) ^ 0x80
      // A changed material id names no material: AWS does not tell whether it exists.
      const code = i >= 18 && i < 50 ? 'AccessDeniedException' : 'InvalidCiphertextException'
      expect((await failure(vault.api.kms.Decrypt({ CiphertextBlob: altered })))[0]).toBe(code)
    }
  })

  it('names the wrong key for what it is', async () => {
    const other = await vault.api.kms.CreateKey({})
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: bytes('x') })
    expect(await failure(vault.api.kms.Decrypt({ CiphertextBlob, KeyId: other.KeyMetadata.KeyId }))).toEqual([
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    ])
  })

  it('takes 1 to 4096 bytes', async () => {
    for (const length of [1, 4096]) {
      const Plaintext = new Uint8Array(length).fill(7)
      const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: Uint8Array.from(Plaintext) })
      expect((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext).toEqual(Plaintext)
    }
    expect(await failure(vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: new Uint8Array(4097) }))).toEqual([
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ])
    expect((await failure(vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: new Uint8Array() })))[0]).toBe('ValidationException')
  })

  it('stops at a dry run after all checks', async () => {
    const text = 'The request would have succeeded, but the DryRun option is set.'
    expect(await failure(vault.api.kms.Encrypt({ KeyId: keyId, Plaintext: bytes('x'), DryRun: true }))).toEqual(['DryRunOperationException', text])
    expect((await failure(vault.api.kms.Encrypt({ KeyId: 'alias/none', Plaintext: bytes('x'), DryRun: true })))[0]).toBe('NotFoundException')
  })
})

describe('data keys and random bytes', () => {
  it('makes a data key whose ciphertext decrypts to its plaintext', async () => {
    const made = await vault.api.kms.GenerateDataKey({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: { file: '1' } })
    expect(made.Plaintext).toHaveLength(32)
    expect((await vault.api.kms.Decrypt({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: { file: '1' } })).Plaintext).toEqual(made.Plaintext)
  })

  it('makes data keys of 16, 32 and any number of bytes up to 1024', async () => {
    expect((await vault.api.kms.GenerateDataKey({ KeyId: keyId, KeySpec: 'AES_128' })).Plaintext).toHaveLength(16)
    expect((await vault.api.kms.GenerateDataKey({ KeyId: keyId, NumberOfBytes: 1024 })).Plaintext).toHaveLength(1024)
    expect((await vault.api.kms.GenerateRandom({ NumberOfBytes: 1024 })).Plaintext).toHaveLength(1024)
  })

  it('never gives the plaintext where none was asked', async () => {
    const made = await vault.api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: keyId, KeySpec: 'AES_256' })
    expect(Object.keys(made).sort()).toEqual(['CiphertextBlob', 'KeyId', 'KeyMaterialId'])
    expect((await vault.api.kms.Decrypt({ CiphertextBlob: made.CiphertextBlob })).Plaintext.some((byte) => byte !== 0)).toBe(true)
  })

  it.each([
    [{}, 'Please specify either number of bytes or key spec.'],
    [{ KeySpec: 'AES_256', NumberOfBytes: 32 }, 'Please specify either number of bytes or key spec.'],
    [{ NumberOfBytes: 1025 }, "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"],
    [{ NumberOfBytes: 0 }, "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    [{ KeySpec: 'AES_512' }, "1 validation error detected: Value 'AES_512' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_128, AES_256]"],
  ])('refuses a data key of %o', async (how, message) => {
    expect(await failure(vault.api.kms.GenerateDataKey({ KeyId: keyId, ...how }))).toEqual(['ValidationException', message])
  })

  it('needs a number of random bytes', async () => {
    expect(await failure(vault.api.kms.GenerateRandom({}))).toEqual(['ValidationException', 'NumberOfBytes is required.'])
  })
})

describe('key states', () => {
  it('uses a disabled key for nothing, and an enabled one again', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const { KeyId, Arn } = KeyMetadata
    const { CiphertextBlob } = await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await vault.api.kms.DisableKey({ KeyId })
    const disabled = ['DisabledException', `${Arn} is disabled.`]
    expect(await failure(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') }))).toEqual(disabled)
    expect(await failure(vault.api.kms.Decrypt({ CiphertextBlob }))).toEqual(disabled)
    expect(await failure(vault.api.kms.GenerateDataKey({ KeyId, KeySpec: 'AES_256' }))).toEqual(disabled)
    expect(await failure(vault.api.kms.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }))).toEqual(disabled)
    expect((await vault.api.kms.DescribeKey({ KeyId })).KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false })
    await vault.api.kms.EnableKey({ KeyId })
    expect(text((await vault.api.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('x')
  })

  it('refuses a result whose key was disabled while the HSM worked', async () => {
    const { KeyMetadata } = await vault.api.kms.CreateKey({})
    const KeyId = KeyMetadata.KeyId
    const encrypting = vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    const disabling = vault.api.kms.DisableKey({ KeyId })
    const [encrypted] = await Promise.allSettled([encrypting, disabling])
    // Whichever settled first, the trail and the answer agree: never an answer after the key was disabled.
    const after = await failure(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x') }))
    expect(after[0]).toBe('DisabledException')
    if (encrypted.status === 'rejected') expect(codeOf(encrypted.reason)).toBe('DisabledException')
  })
})

async function failure(call: Promise<unknown>): Promise<[code: string, message: string]> {
  try {
    await call
  } catch (error) {
    return [codeOf(error), error instanceof Error ? error.message : '']
  }
  return ['none', '']
}

function codeOf(error: unknown): string {
  return error instanceof VaultError ? error.code : String(error)
}

describe('a member that is known and not served', () => {
  it.each(['Decrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'DeriveSharedSecret', 'GenerateRandom'] as const)('Recipient is refused by %s, never ignored', async (operation) => {
    const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
    const given = { KeyId: 'alias/none', CiphertextBlob: bytes('x'), KeySpec: 'AES_256', KeyPairSpec: 'RSA_2048', KeyAgreementAlgorithm: 'ECDH', PublicKey: bytes('x'), NumberOfBytes: 1 }
    await expect(vault.api.kms[operation]({ ...given, Recipient })).rejects.toMatchObject({ code: 'UnsupportedOperationException', message: 'Recipient is not supported: Holdfast checks no attestation documents.' })
  })
})

describe('a dry run that leaves the ciphertext out', () => {
  it('asks for the key alone', async () => {
    const { KeyId } = (await vault.api.kms.CreateKey({})).KeyMetadata
    const [DryRun, DryRunModifiers] = [true, ['IGNORE_CIPHERTEXT']]
    await expect(vault.api.kms.Decrypt({ KeyId, DryRun, DryRunModifiers })).rejects.toMatchObject({ code: 'DryRunOperationException' })
    await expect(vault.api.kms.ReEncrypt({ SourceKeyId: KeyId, DestinationKeyId: KeyId, DryRun, DryRunModifiers })).rejects.toMatchObject({ code: 'DryRunOperationException' })
    expect((await vault.api.kms.GetKeyLastUsage({ KeyId })).KeyLastUsage).toBeUndefined()
    await vault.api.kms.DisableKey({ KeyId })
    await expect(vault.api.kms.Decrypt({ KeyId, DryRun, DryRunModifiers })).rejects.toMatchObject({ code: 'DisabledException' })
  })

  it.each([
    [{ KeyId: 'alias/none' }, "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"],
    [{ KeyId: 'alias/none', DryRun: true }, "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"],
    [{ KeyId: 'alias/none', DryRunModifiers: ['IGNORE_CIPHERTEXT'] }, 'DryRunModifiers can be specified with the DryRun option only.'],
    [{ DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] }, 'KeyId is required when IGNORE_CIPHERTEXT is specified.'],
    [{ DryRun: true, DryRunModifiers: ['NONE'] }, "1 validation error detected: Value 'NONE' at 'dryRunModifiers.1.member' failed to satisfy constraint: Member must satisfy enum value set: [IGNORE_CIPHERTEXT]"],
  ])('is a dry run, names a key, and says so: %j', async (input, message) => {
    await expect(vault.api.kms.Decrypt(input)).rejects.toMatchObject({ code: 'ValidationException', message })
  })
})
