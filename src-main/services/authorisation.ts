import type { PolicyDocument } from '#core/access/document.ts'
import { evaluate, type Asker, type Decision, type NamedPolicy } from '#core/access/evaluate.ts'
import { readyGroupPolicy } from '#core/access/groups.ts'
import { accessDenied } from '#core/access/refusal.ts'
import { rootArn } from '#core/keys/arn.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { KeyRow, Tables, VaultRow } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asKeyId, asRegion, type AccountId } from '#core/vocabulary/ids.ts'
import { factsOf } from './access/facts.ts'
import type { Policies } from './access/policies.ts'
import { requestFacts, type Members } from './access/request-facts.ts'
import type { Connection, Principal } from './sessions.ts'

/** What an operation acts on, for the decision. */
export interface Resource {
  readonly arn: string
  readonly account: AccountId
  /** Where the action on this resource is not the operation's own: the two of ReEncrypt, say. */
  readonly action?: string
  /** What counts as the input for this resource, over the input itself. */
  readonly members?: Members
  /** Of a grant that is to be retired: who may do so by the grant itself. */
  readonly retiring?: string | undefined
}

/** One call as it is decided. */
export interface Asking {
  readonly principal: Principal
  /** Undefined for the simulator: nobody calls. */
  readonly connection: Connection | undefined
  /** The operation's name, which says what of the input counts as conditions. */
  readonly operation: string
  readonly action: string
  readonly input: Members
}

export interface Authorisation {
  /** Throws AccessDeniedException unless the principal may do this to every resource; MalformedPolicyDocumentException for a new key policy that locks its caller out. */
  require(tables: Tables, asking: Asking, resources: readonly Resource[]): void
  /** The decision on one resource; `more` are facts given by hand, by lower-case key. */
  decide(tables: Tables, asking: Asking, resource: Resource, more?: ReadonlyMap<string, readonly string[]>): Decision
}

/** Actions that another account's principals may be let do (AWS KMS, "Cross-account use: Yes"). */
const CROSS_ACCOUNT = new Set([
  'CreateGrant', 'Decapsulate', 'Decrypt', 'DeriveSharedSecret', 'DescribeKey', 'Encapsulate', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'GetKeyRotationStatus', 'GetPublicKey', 'ListGrants', 'ReEncryptFrom', 'ReEncryptTo', 'RetireGrant', 'RevokeGrant', 'Sign', 'Verify', 'VerifyMac',
].map((name) => `kms:${name}`))

/** What anybody does in their own account's name; everything else without a resource is about the vault. */
const OWN = /^(kms:|holdfast:(BrowseFolder|EncryptFile|DecryptFile|VerifyFile|ReencryptFile|EncryptFolder|DecryptFolder|PrepareUpload|ReceiveUpload|SendDownload)$)/

const POLICY_SETTERS = new Set(['CreateKey', 'PutKeyPolicy', 'ReplicateKey'])

/** For a key policy that an earlier version took and this one does not understand: all but its own repair is shut. */
const REPAIR = ['kms:GetKeyPolicy', 'kms:PutKeyPolicy']

export function createAuthorisation({ ambient, row, policies }: { ambient: Ambient; row: VaultRow; policies: Policies }): Authorisation {
  function asker(tables: Tables, principal: Principal): Asker {
    const { arn, account } = principal
    return { arn, account, root: principal.type === 'Root', policies: principal.type === 'Root' ? [] : identityPolicies(tables, policies, arn) }
  }

  function keyPolicy(key: KeyRow, arn: string): NamedPolicy {
    return { name: `key policy of ${arn}`, document: understood(policies, key) }
  }

  function decide(tables: Tables, asking: Asking, resource: Resource, more?: ReadonlyMap<string, readonly string[]>, policy?: NamedPolicy): Decision {
    const { principal, connection, operation } = asking
    const action = resource.action ?? asking.action
    if (principal.account !== resource.account && !CROSS_ACCOUNT.has(action)) return { allowed: false, because: 'no-resource-policy' }
    const key = keyOf(tables, resource.arn)
    const input = { ...asking.input, ...resource.members }
    const own = factsOf({
      tables, principal, connection, key, account: resource.account,
      row: principal.type === 'Root' ? undefined : tables.principals.get(principal.arn),
      now: ambient.now(),
      request: () => requestFacts(operation, input),
    })
    const question = {
      principal: asker(tables, principal),
      action,
      resource: { arn: resource.arn, account: resource.account, policy: policy ?? (key && keyPolicy(key, resource.arn)), grants: [] },
      facts: more === undefined ? own : (name: string) => more.get(name) ?? own(name),
      encryptionContext: input['EncryptionContext'] as Readonly<Record<string, string>> | undefined,
    }
    const decision = evaluate(question)
    if (decision.allowed || decision.because === 'explicit-deny' || key === undefined) return decision
    // The retiring principal needs no other right (AWS KMS, "RetireGrant").
    if (action === 'kms:RetireGrant' && resource.retiring === principal.arn) return { allowed: true, by: { kind: 'retiring' } }
    // Only now: most calls need no grant, and each look costs.
    const grants = tables.grants.lentTo(key, principal.arn)
    return grants.length === 0 ? decision : evaluate({ ...question, resource: { ...question.resource, grants } })
  }

  /** AWS KMS's lockout safety check, and its check that principals exist. */
  function requireManageable(tables: Tables, asking: Asking, resource: Resource): void {
    const { Policy, BypassPolicyLockoutSafetyCheck } = asking.input
    if (typeof Policy !== 'string') return
    const document = policies.parsed(Policy, 'key')
    requirePrincipals(tables, document)
    if (BypassPolicyLockoutSafetyCheck === true) return
    const decision = decide(tables, { ...asking, operation: 'PutKeyPolicy', action: 'kms:PutKeyPolicy' }, { arn: resource.arn, account: resource.account }, undefined, { name: 'the new key policy', document })
    if (decision.allowed) return
    throw new VaultError('MalformedPolicyDocumentException', { text: 'The new key policy will not allow you to update the key policy in the future.' })
  }

  return {
    require(tables, asking, given) {
      const account = OWN.test(asking.action) ? asking.principal.account : row.account
      const resources = given.length > 0 ? given : [{ arn: rootArn(account), account }]
      for (const resource of resources) {
        const decision = decide(tables, asking, resource)
        if (!decision.allowed) throw accessDenied({ principal: asker(tables, asking.principal), action: resource.action ?? asking.action, resource: { ...resource, policy: undefined, grants: [] } }, decision)
      }
      const [subject] = resources.slice(-1)
      if (POLICY_SETTERS.has(asking.operation) && subject !== undefined) requireManageable(tables, asking, subject)
    },
    decide,
  }
}

/** Those of a user with those of its groups, or those of a role. */
function identityPolicies(tables: Tables, policies: Policies, arn: string): NamedPolicy[] {
  const groups = tables.principals.groupsOf(arn)
  const own = [arn, ...groups].flatMap((owner) =>
    tables.principals.policies(owner).map(({ name, document }) => ({ name: owner === arn ? `policy ${name}` : `policy ${name} of ${owner}`, document: policies.parsed(document, 'identity') })),
  )
  return [...own, ...groups.flatMap((group) => readyGroupPolicy(group.slice(group.indexOf('/') + 1)) ?? [])]
}

/** The key of an ARN; undefined if it is of no key that there is. */
function keyOf(tables: Tables, arn: string): KeyRow | undefined {
  const [, , service, regionText = '', account, resource = ''] = arn.split(':')
  const id = service === 'kms' && resource.startsWith('key/') ? asKeyId(resource.slice('key/'.length)) : undefined
  const region = asRegion(regionText)
  const key = id && region && tables.keys.get({ id, region })
  return key?.account === account ? key : undefined
}

function understood(policies: Policies, key: KeyRow): PolicyDocument {
  try {
    return policies.parsed(key.policy, 'key')
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'MalformedPolicyDocumentException') throw error
    const repair = { Effect: 'Allow', Principal: { AWS: rootArn(key.account) }, Action: REPAIR, Resource: '*' }
    return policies.parsed(JSON.stringify({ Version: '2012-10-17', Statement: repair }), 'key')
  }
}

/** Throws for a user or role that an account of this vault does not have; other accounts are nobody's to know. */
function requirePrincipals(tables: Tables, document: PolicyDocument): void {
  const accounts = new Set<string>(tables.vault.accounts().map(({ account }) => account))
  for (const statement of document.statements) {
    for (const principal of statement.principals ?? []) {
      if (principal.kind !== 'named' || !principal.arn.startsWith('arn:aws:iam:') || !accounts.has(principal.arn.split(':')[4] ?? '')) continue
      if (tables.principals.get(principal.arn) === undefined) {
        throw new VaultError('MalformedPolicyDocumentException', { text: 'Policy contains a statement with one or more invalid principals.' })
      }
    }
  }
}
