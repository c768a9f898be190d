import type { Ambient } from '#core/ports/ambient.ts'
import type { Scope, Store, Tables } from '#core/ports/store.ts'
import type { AccessKeyId } from '#core/vocabulary/ids.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { appendRecord, recordedFailure, vaultEvent, type AuditEvent } from './audit.ts'
import type { Authorisation } from './authorisation.ts'
import type { Members } from './access/request-facts.ts'
import { requireGrantTokens } from './kms/grant-keys.ts'
import type { Call, Operation, Settlement, Targeted } from './operation.ts'
import type { Refusals } from './refusals.ts'
import type { Connection, Principal, Sessions } from './sessions.ts'

/** How exactly the last use of an access key is noted. */
const MINUTE = 60_000

/** The one way in: every operation on an open vault, whoever asks over whatever transport, runs through `call`. */
export interface Gate {
  call<Input, Target extends Targeted, Output>(connection: Connection, operation: Operation<Input, Target, Output>, input: Input): Promise<Output>
  /** Resolves when no call is under way. */
  drained(): Promise<void>
}

export function createGate(parts: { ambient: Ambient; store: Store; sessions: Sessions; refusals: Refusals; scope: Scope; authorisation: Authorisation }): Gate {
  const { ambient, store, sessions, refusals, authorisation } = parts
  const notedUses = new Map<AccessKeyId, number>()
  let underWay = 0
  let waiting: (() => void)[] = []

  function authenticate(connection: Connection): Principal {
    try {
      return sessions.principal(connection)
    } catch (error) {
      refusals.note(connection.source, connection.agent)
      throw error
    }
  }

  /** A record of this call; counts of refused strangers whose minute is over go in front of it. */
  function record(tables: Tables, call: Call, operation: Named, outcome: Outcome): void {
    for (const refused of refusals.take('finished')) {
      const who = { principal: undefined, connection: refused, scope: call.scope, requestId: ambient.uuid() }
      appendRecord(ambient, tables, vaultEvent('UnauthenticatedCalls', who, { minute: new Date(refused.minute).toISOString(), count: refused.count }))
    }
    noteUse(tables, call.connection.session?.signed?.accessKeyId)
    appendRecord(ambient, tables, callEvent(call, operation, outcome))
  }

  /** Once a minute, not at each call. */
  function noteUse(tables: Tables, id: AccessKeyId | undefined): void {
    if (id === undefined || ambient.now() - (notedUses.get(id) ?? -Infinity) < MINUTE) return
    tables.accessKeys.setUsed(id, ambient.now())
    notedUses.set(id, ambient.now())
  }

  async function run<Input, Target extends Targeted, Output>(call: Call, operation: Operation<Input, Target, Output>, input: Input): Promise<Output> {
    const request = operation.request(input)
    let target: Target | undefined
    let settlement: Settlement<Output> | undefined
    try {
      operation.check(input)
      const found = store.read((tables) => {
        const named = operation.target(tables, call.scope, input)
        // Noted before the decision: a refusal is on the record with what it was about.
        target = named
        const asking = { principal: call.principal, connection: call.connection, operation: operation.name, action: operation.action, input: { ...input } as Members }
        authorisation.require(tables, asking, named.resources)
        requireGrantTokens(tables, tokensOf(asking.input))
        return named
      })
      const performed = await operation.perform(call, found, input)
      settlement = performed
      return await store.write((tables) => {
        const output = performed.settle(tables)
        record(tables, call, operation, { request, response: performed.response?.(output) ?? null, target: found, error: undefined })
        return output
      })
    } catch (error) {
      try {
        await settlement?.abandon?.()
      } finally {
        // Refused or failed, the call is on the record before its caller hears of it.
        await store.write((tables) => { record(tables, call, operation, { request, response: null, target, error }) })
      }
      throw error
    }
  }

  return {
    async call(connection, operation, input) {
      const principal = authenticate(connection)
      const scope = { account: principal.account, region: connection.session?.signed?.region ?? parts.scope.region }
      const call: Call = { principal, connection, scope, requestId: connection.requestId ?? ambient.uuid(), eventId: ambient.uuid() }
      underWay += 1
      try {
        return await run(call, operation, input)
      } finally {
        underWay -= 1
        if (underWay === 0) {
          for (const resolve of waiting) resolve()
          waiting = []
        }
      }
    },
    drained: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}

/** GrantTokens, of an operation that takes them; the schema has seen its form. */
function tokensOf({ GrantTokens }: Members): readonly string[] {
  return Array.isArray(GrantTokens) ? (GrantTokens as readonly string[]) : []
}

interface Named {
  readonly name: string
  readonly action: string
  readonly readOnly: boolean
}

interface Outcome {
  readonly request: Json
  readonly response: Json
  readonly target: Targeted | undefined
  readonly error: unknown
}

function callEvent(call: Call, operation: Named, outcome: Outcome): AuditEvent {
  return {
    eventSource: operation.action.startsWith('kms:') ? 'kms.amazonaws.com' : 'holdfast',
    eventName: operation.name,
    readOnly: operation.readOnly,
    account: call.scope.account,
    region: call.scope.region,
    principal: call.principal.arn,
    source: call.connection.source,
    agent: call.connection.agent,
    request: outcome.request,
    response: outcome.response,
    resources: outcome.target?.resources.map((resource) => resource.arn) ?? [],
    failure: outcome.error === undefined ? undefined : recordedFailure(outcome.error),
    requestId: call.requestId,
    accessKeyId: call.connection.session?.signed?.accessKeyId,
    tls: call.connection.tls,
    eventId: call.eventId,
  }
}
