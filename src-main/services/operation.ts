import type { Scope, Tables } from '#core/ports/store.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { Resource } from './authorisation.ts'
import type { Connection, Principal } from './sessions.ts'

/**
 * One operation as the gate runs it: authenticate, check, find the target, authorise, perform, settle, record.
 * An operation works outside any transaction (`perform`, where the HSM is asked) and then settles inside one, together with its record.
 */
export interface Operation<Input, Target extends Targeted, Output> {
  /** AWS's name, or ours. */
  readonly name: string
  /** The action that a policy names, such as `kms:Encrypt`. */
  readonly action: `${'kms' | 'iam' | 'holdfast'}:${string}`
  readonly readOnly: boolean
  /** The input as the record keeps it: nothing secret, nothing long. */
  request(input: Input): Json
  /** Limits of the members. Throws ValidationException. */
  check(input: Input): void
  /** What the call is about. Throws NotFoundException and the like. */
  target(tables: Tables, scope: Scope, input: Input): Target
  perform(call: Call, target: Target, input: Input): Settlement<Output> | Promise<Settlement<Output>>
}

export interface Targeted {
  readonly resources: readonly Resource[]
}

/** What is known of a call once it is let in. */
export interface Call {
  readonly principal: Principal
  readonly connection: Connection
  readonly scope: Scope
  readonly requestId: string
  /** The eventID of the record that the call will have. */
  readonly eventId: string
}

export interface Settlement<Output> {
  /**
   * Runs in the call's savepoint: checks again what may have changed meanwhile, writes, and gives the answer. What it throws undoes the
   * savepoint, is recorded and reaches the caller.
   */
  settle(tables: Tables): Output
  /** The answer as the record keeps it. Silence: null. */
  response?(output: Output): Json
  /** Runs instead of the answer if settling failed: wipes results, undoes what was done in the HSM. */
  abandon?(): void | Promise<void>
}
