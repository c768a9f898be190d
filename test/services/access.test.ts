import aws4 from 'aws4'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '#services/sessions.ts'
import { bytes, temporaryVault, text, type Client, type TemporaryVault } from './temporary-vault.ts'

const HOME = '441722089135'
const OTHER = '444455556666'
const root = (account: string) => `arn:aws:iam::${account}:root`
const user = (name: string, account = HOME) => `arn:aws:iam::${account}:user/${name}`
let vault: TemporaryVault

beforeAll(async () => {
  vault = await temporaryVault()
  await vault.api.accounts.create({ account: OTHER })
})

afterAll(() => vault[Symbol.asyncDispose]())

/** A client that acts as a principal by an access key of it, as the endpoint would let it in. */
async function as(principal: string): Promise<Client> {
  const { accessKeyId, secretAccessKey } = await vault.api.accessKeys.create({ principal })
  const connection: Connection = { via: 'endpoint', source: '127.0.0.1', agent: 'test', session: undefined }
  const { headers } = aws4.sign({ service: 'kms', region: 'lab', method: 'POST', path: '/', host: 'x', headers: {}, body: '{}' }, { accessKeyId, secretAccessKey: text(secretAccessKey!) })
  const request = { method: 'POST', path: '/', query: '', headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as const), body: bytes('{}') }
  vault.holdfast.vault.authenticate(connection, request, 'kms')
  return createRouterClient(vault.holdfast.router, { context: { connection } })
}

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', Resource: '*', ...statement })) })
}

const rootStatement = { Principal: { AWS: root(HOME) }, Action: 'kms:*' }

async function newKey(...statements: object[]): Promise<{ KeyId: string; Arn: string }> {
  const { KeyMetadata } = await vault.api.kms.CreateKey({ Policy: policy(rootStatement, ...statements) })
  return { KeyId: KeyMetadata.Arn, Arn: KeyMetadata.Arn }
}

const denied = (who: string, action: string, arn: string, because = `because no identity-based policy allows the ${action} action`) => ({
  code: 'AccessDeniedException',
  message: `User: ${who} is not authorized to perform: ${action} on resource: ${arn} ${because}`,
})

describe('a key policy', () => {
  it('lets a key administrator manage and not decrypt, and a key user use and not schedule a deletion', async () => {
    await vault.api.access.createUser({ name: 'keeper' })
    await vault.api.access.createUser({ name: 'writer' })
    const { KeyId, Arn } = await newKey(
      { Principal: { AWS: user('keeper') }, Action: ['kms:Describe*', 'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion', 'kms:Disable*', 'kms:Enable*'] },
      { Principal: { AWS: user('writer') }, Action: ['kms:Encrypt', 'kms:Decrypt'] },
    )
    const [keeper, writer] = [await as('keeper'), await as(user('writer'))]
    const { CiphertextBlob } = await writer.kms.Encrypt({ KeyId, Plaintext: bytes('secret') })
    expect(text((await writer.kms.Decrypt({ CiphertextBlob })).Plaintext)).toBe('secret')
    await expect(keeper.kms.Decrypt({ CiphertextBlob })).rejects.toMatchObject(denied(user('keeper'), 'kms:Decrypt', Arn))
    await expect(writer.kms.ScheduleKeyDeletion({ KeyId })).rejects.toMatchObject(denied(user('writer'), 'kms:ScheduleKeyDeletion', Arn))
    await expect(writer.kms.ReEncrypt({ CiphertextBlob, DestinationKeyId: KeyId })).rejects.toMatchObject(denied(user('writer'), 'kms:ReEncryptFrom', Arn))
    await expect(writer.kms.Encrypt({ KeyId, Plaintext: bytes('x'), DryRun: true })).rejects.toMatchObject({ code: 'DryRunOperationException' })
    await expect(keeper.kms.Encrypt({ KeyId, Plaintext: bytes('x'), DryRun: true })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await keeper.kms.DisableKey({ KeyId })
  })

  it('denies root too, where it says so', async () => {
    const { KeyId, Arn } = await newKey({ Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Condition: { StringEquals: { 'kms:EncryptionContext:app': 'a' } } })
    await vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { app: 'b' } })
    await expect(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { app: 'a' } })).rejects.toMatchObject(
      denied(root(HOME), 'kms:Encrypt', Arn, 'with an explicit deny in a resource-based policy'),
    )
  })

  it('that would lock out whoever puts it is refused, unless they ask for it', async () => {
    await vault.api.access.createUser({ name: 'locked' })
    const { KeyId } = await newKey()
    const Policy = policy({ Principal: { AWS: user('locked') }, Action: 'kms:*' })
    await expect(vault.api.kms.PutKeyPolicy({ KeyId, Policy })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException', message: 'The new key policy will not allow you to update the key policy in the future.',
    })
    await expect(vault.api.kms.CreateKey({ Policy })).rejects.toMatchObject({ code: 'MalformedPolicyDocumentException' })
    await vault.api.kms.PutKeyPolicy({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true })
    await expect(vault.api.kms.DescribeKey({ KeyId })).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('names nobody who is not there', async () => {
    const { KeyId } = await newKey()
    await expect(vault.api.kms.PutKeyPolicy({ KeyId, Policy: policy(rootStatement, { Principal: { AWS: user('nobody') }, Action: 'kms:*' }) })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException', message: 'Policy contains a statement with one or more invalid principals.',
    })
  })

  it('lets another account in only with that account’s policy', async () => {
    const { KeyId, Arn } = await newKey({ Principal: { AWS: root(OTHER) }, Action: 'kms:Encrypt' })
    const otherRoot = await as(root(OTHER))
    await otherRoot.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await otherRoot.access.createUser({ name: 'eve' })
    const eve = await as(user('eve', OTHER))
    await expect(eve.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject(denied(user('eve', OTHER), 'kms:Encrypt', Arn))
    await otherRoot.access.putPolicy({ owner: user('eve', OTHER), name: 'p', document: policy({ Action: 'kms:*' }) })
    await eve.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    const closed = await newKey()
    await expect(eve.kms.Encrypt({ KeyId: closed.KeyId, Plaintext: bytes('x') })).rejects.toMatchObject(
      denied(user('eve', OTHER), 'kms:Encrypt', closed.Arn, 'because no resource-based policy allows the kms:Encrypt action'),
    )
  })
})

describe('a grant', () => {
  it('for context A does not work for B, and ends when it is revoked', async () => {
    await vault.api.access.createUser({ name: 'borrower' })
    const borrower = await as('borrower')
    const { KeyId, Arn } = await newKey()
    const asked = { KeyId, GranteePrincipal: user('borrower'), Operations: ['Encrypt'], Constraints: { EncryptionContextSubset: { app: 'a' } }, Name: 'once' }
    const { GrantId, GrantToken } = await vault.api.kms.CreateGrant(asked)
    expect(GrantId).toMatch(/^[0-9a-f]{64}$/)
    expect((await vault.api.kms.CreateGrant(asked)).GrantId).toBe(GrantId)
    await borrower.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { app: 'a' }, GrantTokens: [GrantToken] })
    await expect(borrower.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { app: 'b' } })).rejects.toMatchObject(denied(user('borrower'), 'kms:Encrypt', Arn))
    expect((await vault.api.kms.ListGrants({ KeyId })).Grants).toMatchObject([{ GrantId, IssuingAccount: root(HOME), Operations: ['Encrypt'], Name: 'once' }])
    await expect(vault.api.kms.RevokeGrant({ KeyId, GrantId, DryRun: true })).rejects.toMatchObject({ code: 'DryRunOperationException' })
    await vault.api.kms.RevokeGrant({ KeyId, GrantId })
    await expect(borrower.kms.Encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { app: 'a' } })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(vault.api.kms.Encrypt({ KeyId, Plaintext: bytes('x'), GrantTokens: [GrantToken] })).rejects.toMatchObject({ code: 'InvalidGrantTokenException' })
  })

  it('is retired by its retiring principal, and by nobody who has only its token', async () => {
    await vault.api.access.createUser({ name: 'retirer' })
    const [retirer, borrower] = [await as('retirer'), await as('borrower')]
    const { KeyId } = await newKey()
    const { GrantToken } = await vault.api.kms.CreateGrant({ KeyId, GranteePrincipal: user('borrower'), RetiringPrincipal: user('retirer'), Operations: ['Encrypt'] })
    await expect(borrower.kms.RetireGrant({ GrantToken })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    expect((await vault.api.kms.ListRetirableGrants({ RetiringPrincipal: user('retirer') })).Grants).toHaveLength(1)
    await retirer.kms.RetireGrant({ GrantToken })
    expect((await vault.api.kms.ListGrants({ KeyId })).Grants).toEqual([])
  })

  it('lends only what its key can do, and what its maker has', async () => {
    const { KeyId } = await newKey()
    await expect(vault.api.kms.CreateGrant({ KeyId, GranteePrincipal: user('borrower'), Operations: ['Sign'] })).rejects.toMatchObject({ code: 'ValidationException' })
    await vault.api.kms.CreateGrant({ KeyId, GranteePrincipal: user('borrower'), Operations: ['CreateGrant', 'Encrypt'] })
    const borrower = await as('borrower')
    await borrower.kms.CreateGrant({ KeyId, GranteePrincipal: user('retirer'), Operations: ['Encrypt'] })
    await expect(borrower.kms.CreateGrant({ KeyId, GranteePrincipal: user('retirer'), Operations: ['Decrypt'] })).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe('a ready-made group', () => {
  it('of auditors reads everything and uses nothing', async () => {
    await vault.api.access.createUser({ name: 'auditor', group: 'auditors' })
    const auditor = await as('auditor')
    const { KeyId } = await newKey()
    await auditor.kms.DescribeKey({ KeyId })
    await auditor.kms.ListKeys({})
    await auditor.audit.list({ limit: 10 })
    await auditor.access.listUsers({})
    await expect(auditor.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(auditor.access.createUser({ name: 'friend' })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(auditor.kms.CreateKey({})).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('of users uses keys and administers nothing, and of administrators administers and uses none', async () => {
    await vault.api.access.createUser({ name: 'desk', group: 'users' })
    await vault.api.access.createUser({ name: 'chief', group: 'administrators' })
    const [desk, chief] = [await as('desk'), await as('chief')]
    const { KeyId } = await newKey()
    await desk.kms.Encrypt({ KeyId, Plaintext: bytes('x') })
    await expect(desk.kms.DisableKey({ KeyId })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(chief.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(chief.kms.CreateGrant({ KeyId, GranteePrincipal: user('chief'), Operations: ['Decrypt'] })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(chief.accessKeys.create({ principal: 'root' })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await chief.accessKeys.create({ principal: 'desk' })
    await chief.kms.DisableKey({ KeyId })
    await chief.kms.EnableKey({ KeyId })
    await expect(desk.accessKeys.create({})).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await chief.access.removeUserFromGroup({ group: 'users', user: 'desk' })
    await expect(desk.kms.Encrypt({ KeyId, Plaintext: bytes('x') })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await expect(chief.access.deleteGroup({ name: 'administrators' })).rejects.toMatchObject({ code: 'ValidationException' })
    await expect(chief.access.deleteUser({ name: 'root' })).rejects.toMatchObject({ code: 'NotFoundException' })
  })
})

describe('the simulator', () => {
  it('tells the decision and the statement', async () => {
    const { Arn } = await newKey({ Sid: 'No b', Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Condition: { StringEquals: { 'kms:EncryptionContext:app': 'b' } } })
    const ask = (context: Record<string, string>) => vault.api.access.simulate({ principal: 'root', action: 'kms:Encrypt', resource: Arn, context })
    expect(await ask({ app: 'a' })).toMatchObject({ allowed: true, statement: { document: `key policy of ${Arn}`, index: 0 } })
    expect(await ask({ app: 'b' })).toMatchObject({ allowed: false, reason: 'explicit-deny', statement: { index: 1, sid: 'No b' } })
  })
})

it('a deleted user has no access keys any more', async () => {
  await vault.api.access.createUser({ name: 'gone' })
  await as('gone')
  await vault.api.access.deleteUser({ name: 'gone' })
  expect((await vault.api.accessKeys.list({})).accessKeys.filter(({ principal }) => principal === user('gone'))).toEqual([])
})
