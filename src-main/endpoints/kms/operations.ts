import { kms, type KmsOperation } from '#contract/kms.ts'
import type { Operations } from '#services/open-vault.ts'
import type { Operation, Targeted } from '#services/operation.ts'
import { inputReader, type InputReader } from './input.ts'

/** One operation as the endpoint serves it. */
export interface ServedOperation {
  readonly name: string
  /** The credential scope's service that its requests are signed for. */
  readonly service: 'kms' | 'cloudtrail'
  readonly read: InputReader
  readonly choose: (operations: Operations) => Operation<Record<string, unknown>, Targeted, Record<string, unknown>>
}

/**
 * Every operation of the contract, by AWS's name. The service behind `CreateKey` is `createKey`: one that is in the contract and not in the
 * services does not compile, and one that is in both is served without a line here.
 */
export const servedOperations: ReadonlyMap<string, ServedOperation> = new Map(
  (Object.keys(kms) as KmsOperation[]).map((name) => [name, { name, service: 'kms', read: inputReader(kms[name]['~orpc'].inputSchema), choose: serviceOf(name) }]),
)

function serviceOf(name: KmsOperation): ServedOperation['choose'] {
  const service = uncapitalised(name)
  // The router holds each schema of the contract against the service of the same name.
  return (operations) => operations[service] as unknown as ReturnType<ServedOperation['choose']>
}

function uncapitalised(name: KmsOperation): Uncapitalize<KmsOperation> {
  return (name.charAt(0).toLowerCase() + name.slice(1)) as Uncapitalize<KmsOperation>
}
