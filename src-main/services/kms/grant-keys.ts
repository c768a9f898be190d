import { isNarrower, type GrantConstraints, type GrantOperation } from '#core/access/grant.ts'
import { requireConstraints } from '#core/kms/constraints.ts'
import { requireState } from '#core/keys/states.ts'
import { keyArn, rootArn } from '#core/keys/arn.ts'
import type { Ambient } from '#core/ports/ambient.ts'
import type { GrantRow, Scope, Tables } from '#core/ports/store.ts'
import { fromBase64, toBase64, toHex, utf8 } from '#core/vocabulary/bytes.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asKeyId, asRegion } from '#core/vocabulary/ids.ts'
import type { KeyUsage } from '#core/vocabulary/kms.ts'
import type { Authorisation } from '../authorisation.ts'
import type { Call, Operation, Targeted } from '../operation.ts'
import { currentKey, findKey, keyState, keyTarget, type KeyTarget } from './keys.ts'
import { pageOf } from './page.ts'
import { stopAtDryRun } from './unsupported.ts'

export interface CreateGrantRequest {
  KeyId: string
  GranteePrincipal: string
  RetiringPrincipal?: string | undefined
  Operations: string[]
  Constraints?: GrantConstraints | undefined
  GrantTokens?: string[] | undefined
  Name?: string | undefined
  DryRun?: boolean | undefined
}

export interface GrantEntry {
  KeyId: string
  GrantId: string
  Name?: string
  CreationDate: Date
  GranteePrincipal: string
  RetiringPrincipal?: string
  IssuingAccount: string
  Operations: string[]
  Constraints?: GrantConstraints
}

export interface GrantPage {
  Grants: GrantEntry[]
  Truncated: boolean
  NextMarker?: string
}

export interface GrantTarget extends KeyTarget {
  readonly grant: GrantRow
}

/** AWS KMS's quota. */
const GRANTS_PER_KEY = 50_000

/** What keys of each usage can lend besides what every key can (AWS KMS, "Grant operations"). */
const ALWAYS: readonly GrantOperation[] = ['CreateGrant', 'DescribeKey', 'RetireGrant']
const CIPHER: readonly GrantOperation[] = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo']
const DATA_KEYS: readonly GrantOperation[] = ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext']
const lendable: Readonly<Record<KeyUsage, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: [...CIPHER, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
}

/** The operations that lend rights on keys. A grant works from the moment at which its creation is answered: its token only has to be true. */
export function grantKeys({ ambient, authorisation }: { ambient: Ambient; authorisation: Authorisation }) {
  const createGrant: Operation<CreateGrantRequest, KeyTarget, { GrantToken: string; GrantId: string }> = {
    name: 'CreateGrant',
    action: 'kms:CreateGrant',
    readOnly: false,
    request: (input) => ({
      keyId: input.KeyId, granteePrincipal: input.GranteePrincipal, operations: input.Operations,
      ...(input.RetiringPrincipal === undefined ? {} : { retiringPrincipal: input.RetiringPrincipal }),
      ...(input.Name === undefined ? {} : { name: input.Name }),
      ...(input.Constraints === undefined ? {} : { constraints: { ...constraintsOf(input) } as Record<string, Record<string, string>> }),
    }),
    check(input) {
      requireConstraints('CreateGrant', input)
      if (input.Operations.length === 0) throw invalid('A grant lends at least one operation.')
      for (const principal of [input.GranteePrincipal, input.RetiringPrincipal]) requirePrincipal(principal)
      const { EncryptionContextEquals: equal = {}, EncryptionContextSubset: subset = {} } = constraintsOf(input)
      for (const pairs of [equal, subset]) requirePairs(pairs)
    },
    target(tables, scope, input) {
      const target = findKey(tables, scope, input.KeyId, 'key')
      const able = [...ALWAYS, ...lendable[target.key.usage], ...(target.key.spec === 'SYMMETRIC_DEFAULT' ? DATA_KEYS : [])]
      const unable = input.Operations.find((operation) => !able.includes(operation as GrantOperation) || (operation === 'GetPublicKey' && target.key.spec === 'SYMMETRIC_DEFAULT'))
      if (unable !== undefined) throw invalid(`Grant operation ${unable} is not supported for a key of KeySpec ${target.key.spec} and KeyUsage ${target.key.usage}.`)
      return target
    },
    perform: (call, target, input) => {
      stopAtDryRun(input.DryRun)
      return {
        settle(tables) {
          const key = currentKey(tables, target)
          requireState('CreateGrant', keyState(key), target.arn)
          const row: GrantRow = {
            id: toHex(ambient.random(32)),
            account: key.account,
            region: key.region,
            keyId: key.id,
            grantee: input.GranteePrincipal,
            retiring: input.RetiringPrincipal,
            operations: [...new Set(input.Operations)].sort() as GrantOperation[],
            constraints: constraintsOf(input),
            name: input.Name,
            issuer: rootArn(call.principal.account),
            createdAt: ambient.now(),
          }
          requireNarrower(tables, call, target, row)
          requireGrantee(tables, row)
          // The same name with the same parameters is the same grant: a creation that is tried again makes no second one.
          const same = row.name === undefined ? undefined : tables.grants.lentTo(key, row.grantee).find((each) => each.name === row.name && contentOf(each) === contentOf(row))
          if (same !== undefined) return { GrantToken: tokenOf(same), GrantId: same.id }
          if (tables.grants.count(key) >= GRANTS_PER_KEY) throw new VaultError('LimitExceededException', { text: `The key ${target.arn} has ${GRANTS_PER_KEY} grants, the most that one key may have.` })
          tables.grants.insert(row)
          return { GrantToken: tokenOf(row), GrantId: row.id }
        },
        response: (output) => ({ grantId: output.GrantId, keyId: target.arn }),
      }
    },
  }

  /** Who may create grants by a grant only lends no more than it has. */
  function requireNarrower(tables: Tables, call: Call, target: KeyTarget, row: GrantRow): void {
    const asking = { principal: call.principal, connection: call.connection, operation: 'CreateGrant', action: 'kms:CreateGrant', input: { GranteePrincipal: row.grantee, Operations: row.operations, Constraints: row.constraints } }
    const [resource] = target.resources
    const decision = resource && authorisation.decide(tables, asking, resource)
    if (decision?.allowed !== true || decision.by.kind !== 'grant') return
    const parents = tables.grants.lentTo(target.key, call.principal.arn).filter((each) => each.operations.includes('CreateGrant'))
    if (parents.some((parent) => isNarrower(row, parent))) return
    throw new VaultError('AccessDeniedException', {
      text: `User: ${call.principal.arn} is not authorized to perform: kms:CreateGrant on resource: ${target.arn} because its own grant lends less than this one`,
    })
  }

  const listGrants: Operation<{ KeyId: string; GrantId?: string | undefined; GranteePrincipal?: string | undefined; Limit?: number | undefined; Marker?: string | undefined }, KeyTarget, GrantPage> = {
    name: 'ListGrants',
    action: 'kms:ListGrants',
    readOnly: true,
    request: (input) => ({ keyId: input.KeyId }),
    check: (input) => { requireConstraints('ListGrants', input) },
    target: (tables, scope, input) => findKey(tables, scope, input.KeyId, 'key'),
    perform: (_call, target, input) => ({
      settle(tables) {
        const fits = (row: GrantRow): boolean => (input.GrantId === undefined || row.id === input.GrantId) && (input.GranteePrincipal === undefined || row.grantee === input.GranteePrincipal)
        const narrowed = input.GrantId !== undefined || input.GranteePrincipal !== undefined
        const fetch = (after: string | undefined, limit: number): GrantRow[] =>
          narrowed ? tables.grants.page(target.key, after, GRANTS_PER_KEY).filter(fits).slice(0, limit) : tables.grants.page(target.key, after, limit)
        const { rows, ...page } = pageOf(input, 50, fetch, (row) => row.id)
        return { Grants: rows.map(entry), ...page }
      },
    }),
  }

  const listRetirableGrants: Operation<{ RetiringPrincipal: string; Limit?: number | undefined; Marker?: string | undefined }, Targeted, GrantPage> = {
    name: 'ListRetirableGrants',
    action: 'kms:ListRetirableGrants',
    readOnly: true,
    request: (input) => ({ retiringPrincipal: input.RetiringPrincipal }),
    check: (input) => { requireConstraints('ListRetirableGrants', input) },
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: (call, _target, input) => ({
      settle(tables) {
        // Of whatever key, but of the caller's own account as retiring principal only (AWS KMS).
        const own = input.RetiringPrincipal.split(':')[4] === call.scope.account
        const here = (after: string | undefined, limit: number): GrantRow[] =>
          own ? tables.grants.retirable(input.RetiringPrincipal, after, GRANTS_PER_KEY).filter((row) => row.region === call.scope.region).slice(0, limit) : []
        const { rows, ...page } = pageOf(input, 50, here, (row) => row.id)
        return { Grants: rows.map(entry), ...page }
      },
    }),
  }

  const revokeGrant: Operation<{ KeyId: string; GrantId: string; DryRun?: boolean | undefined }, GrantTarget, Record<never, never>> = {
    name: 'RevokeGrant',
    action: 'kms:RevokeGrant',
    readOnly: false,
    request: (input) => ({ keyId: input.KeyId, grantId: input.GrantId }),
    check: (input) => { requireConstraints('RevokeGrant', input) },
    target: (tables, scope, input) => grantTarget(tables, findKey(tables, scope, input.KeyId, 'key'), input.GrantId),
    perform: (_call, target, input) => removal('RevokeGrant', target, input.DryRun),
  }

  const retireGrant: Operation<{ GrantToken?: string | undefined; KeyId?: string | undefined; GrantId?: string | undefined; DryRun?: boolean | undefined }, GrantTarget, Record<never, never>> = {
    name: 'RetireGrant',
    action: 'kms:RetireGrant',
    readOnly: false,
    request: (input) => ({ ...(input.KeyId === undefined ? {} : { keyId: input.KeyId }), ...(input.GrantId === undefined ? {} : { grantId: input.GrantId }) }),
    check(input) {
      requireConstraints('RetireGrant', input)
      const named = input.KeyId !== undefined && input.GrantId !== undefined
      if ((input.GrantToken !== undefined) === named) throw invalid('Specify either a GrantToken, or both a KeyId and a GrantId.')
    },
    target(tables, scope, input) {
      const target = input.GrantToken === undefined
        ? grantTarget(tables, findKey(tables, scope, input.KeyId ?? '', 'key'), input.GrantId ?? '')
        : ofToken(tables, scope, input.GrantToken)
      return { ...target, resources: target.resources.map((resource) => ({ ...resource, retiring: target.grant.retiring })) }
    },
    perform: (_call, target, input) => removal('RetireGrant', target, input.DryRun),
  }

  return { createGrant, listGrants, listRetirableGrants, revokeGrant, retireGrant }
}

function removal(operation: 'RevokeGrant' | 'RetireGrant', target: GrantTarget, dryRun: boolean | undefined) {
  stopAtDryRun(dryRun)
  return {
    settle(tables: Tables): Record<never, never> {
      requireState(operation, keyState(currentKey(tables, target)), target.arn)
      if (!tables.grants.remove(target.grant.id)) throw unknownGrant(target.grant.id)
      return {}
    },
  }
}

/** Throws InvalidGrantTokenException for a token that is of no grant. Of any key, as in AWS: it may be for the other key of the call. */
export function requireGrantTokens(tables: Tables, tokens: readonly string[]): void {
  for (const token of tokens) {
    const id = readToken(token)?.grant
    if (id === undefined || tables.grants.get(id) === undefined) throw new VaultError('InvalidGrantTokenException')
  }
}

function ofToken(tables: Tables, scope: Scope, token: string): GrantTarget {
  const read = readToken(token)
  const grant = read && tables.grants.get(read.grant)
  const key = grant && tables.keys.get({ id: grant.keyId, region: grant.region })
  if (key === undefined || grant?.region !== scope.region || read?.key !== keyArn(key)) throw new VaultError('InvalidGrantTokenException')
  return { ...keyTarget(key), grant }
}

function grantTarget(tables: Tables, target: KeyTarget, id: string): GrantTarget {
  const grant = tables.grants.get(id)
  if (grant?.keyId !== target.key.id || grant.region !== target.key.region) throw unknownGrant(id)
  return { ...target, grant }
}

/** Says which grant, and is no secret (AWS KMS): whoever has it may still do nothing that the grant does not lend. */
function tokenOf(grant: GrantRow): string {
  return toBase64(utf8(`${keyArn({ ...grant, id: grant.keyId })} ${grant.id}`))
}

function readToken(token: string): { readonly key: string; readonly grant: string } | undefined {
  const bytes = fromBase64(token)
  const [, key, grant] = /^(arn:aws:kms:[!-~]+) ([0-9a-f]{64})$/.exec(bytes === undefined ? '' : String.fromCharCode(...bytes)) ?? []
  const [, , , region = '', , id = ''] = key?.split(':') ?? []
  return key === undefined || grant === undefined || asRegion(region) === undefined || asKeyId(id.slice('key/'.length)) === undefined ? undefined : { key, grant }
}

function entry(row: GrantRow): GrantEntry {
  return {
    KeyId: keyArn({ ...row, id: row.keyId }),
    GrantId: row.id,
    ...(row.name === undefined ? {} : { Name: row.name }),
    CreationDate: new Date(row.createdAt),
    GranteePrincipal: row.grantee,
    ...(row.retiring === undefined ? {} : { RetiringPrincipal: row.retiring }),
    IssuingAccount: row.issuer,
    Operations: [...row.operations],
    ...(Object.keys(row.constraints).length === 0 ? {} : { Constraints: row.constraints }),
  }
}

/** Only what was given, in one order. */
function constraintsOf({ Constraints = {} }: Pick<CreateGrantRequest, 'Constraints'>): GrantConstraints {
  const { EncryptionContextEquals, EncryptionContextSubset } = Constraints
  return { ...(EncryptionContextEquals && { EncryptionContextEquals }), ...(EncryptionContextSubset && { EncryptionContextSubset }) }
}

/** What makes two grants of one name the same. */
function contentOf({ grantee, retiring, operations, constraints, issuer }: GrantRow): string {
  const pairs = [constraints.EncryptionContextEquals, constraints.EncryptionContextSubset].map((each) => each && Object.entries(each).sort())
  return JSON.stringify([grantee, retiring, operations, pairs, issuer])
}

function requirePrincipal(arn: string | undefined): void {
  if (arn === undefined || /^arn:aws:(iam::\d{12}:(root|user\/.+|role\/.+)|sts::\d{12}:assumed-role\/.+)$/.test(arn)) return
  throw new VaultError('InvalidArnException', { text: 'A principal of a grant is the ARN of a root, a user, a role or a session.' })
}

/** Throws for a user or role that an account of this vault does not have. */
function requireGrantee(tables: Tables, { grantee, retiring }: GrantRow): void {
  for (const arn of [grantee, retiring]) {
    if (arn === undefined || !/^arn:aws:iam::\d{12}:(user|role)\//.test(arn)) continue
    if (!tables.vault.accounts().some(({ account }) => account === arn.split(':')[4]) || tables.principals.get(arn) !== undefined) continue
    throw new VaultError('InvalidArnException', { text: `There is no principal ${arn}.` })
  }
}

function requirePairs(pairs: Readonly<Record<string, string>>): void {
  const entries = Object.entries(pairs)
  if (entries.length > 8) throw invalid('A constraint of a grant has at most 8 pairs.')
  if (entries.some(([key, value]) => key.length + value.length > 384)) throw invalid('A pair of a constraint has at most 384 characters.')
}

function unknownGrant(id: string): VaultError {
  return new VaultError('NotFoundException', { text: `Grant ID ${id} not found` })
}

function invalid(text: string): VaultError {
  return new VaultError('ValidationException', { text })
}

