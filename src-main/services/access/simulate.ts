import type { Decision } from '#core/access/evaluate.ts'
import { rootArn, principalArn } from '#core/keys/arn.ts'
import type { Tables } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asAccountId, type AccountId } from '#core/vocabulary/ids.ts'
import type { Authorisation } from '../authorisation.ts'
import type { Operation, Targeted } from '../operation.ts'
import type { Principal } from '../sessions.ts'

export interface SimulateRequest {
  /** `root` or a user's name of the caller's account, or an ARN. */
  principal: string
  action: string
  resource: string
  /** The encryption context. */
  context?: Record<string, string> | undefined
  /** Values of other condition keys, which take the place of what the call would have. */
  conditions?: Record<string, string[]> | undefined
}

export interface Simulated {
  allowed: boolean
  /** `allowed`, `explicit-deny`, `no-identity-policy` or `no-resource-policy`. */
  reason: string
  statement?: { document: string; index: number; sid?: string }
  grantId?: string
}

/** Asks the evaluator what it would say, by the very policies, keys and grants that there are. */
export function simulatePolicies({ authorisation }: { authorisation: Authorisation }) {
  const simulatePolicy: Operation<SimulateRequest, Targeted, Simulated> = {
    name: 'SimulatePrincipalPolicy',
    action: 'iam:SimulatePrincipalPolicy',
    readOnly: true,
    request: ({ principal, action, resource }) => ({ principal, action, resource }),
    check: () => undefined,
    target: (_tables, { account }, input) => ({ resources: [{ arn: arnOf(account, input.principal), account }] }),
    perform: (call, _target, input) => ({
      settle(tables) {
        const principal = principalOf(tables, call.scope.account, input.principal)
        const account = asAccountId(input.resource.split(':')[4] ?? '')
        if (account === undefined) throw new VaultError('InvalidArnException', { text: 'A resource is an ARN with an account.' })
        const operation = input.action.replace(/^kms:/, '').replace(/^ReEncrypt(From|To)$/, 'ReEncrypt')
        const asking = { principal, connection: undefined, operation, action: input.action, input: { EncryptionContext: input.context } }
        const more = new Map(Object.entries(input.conditions ?? {}).map(([key, values]) => [key.toLowerCase(), values]))
        return simulated(authorisation.decide(tables, asking, { arn: input.resource, account }, more))
      },
    }),
  }
  return { simulatePolicy }
}

function simulated(decision: Decision): Simulated {
  const by = 'by' in decision ? decision.by : undefined
  return {
    allowed: decision.allowed,
    reason: decision.allowed ? 'allowed' : decision.because,
    ...(by && 'index' in by ? { statement: { document: by.document, index: by.index, ...(by.sid === undefined ? {} : { sid: by.sid }) } } : {}),
    ...(by?.kind === 'grant' ? { grantId: by.grantId } : {}),
  }
}

function arnOf(own: AccountId, text: string): string {
  return text === 'root' ? rootArn(own) : text.startsWith('arn:') ? text : principalArn(own, 'user', text)
}

function principalOf(tables: Tables, own: AccountId, text: string): Principal {
  const arn = arnOf(own, text)
  const account = asAccountId(arn.split(':')[4] ?? '')
  if (account !== undefined && arn === rootArn(account)) return { type: 'Root', arn, account }
  const row = tables.principals.get(arn)
  if (row === undefined) throw new VaultError('NotFoundException', { text: `There is no principal ${arn}.` })
  return { type: row.kind, arn, account: row.account }
}
