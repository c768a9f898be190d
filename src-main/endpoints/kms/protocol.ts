import { headerValues, queryPairs, type ReceivedRequest } from '#core/sigv4/request.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Connection } from '#services/sessions.ts'
import type { Vault } from '#services/vault.ts'
import { CLOUD_TRAIL_TARGET, cloudTrailOperations } from '../cloud-trail/operations.ts'
import { failureBody, wireFailure } from './failures.ts'
import { servedOperations, type ServedOperation } from './operations.ts'
import { outputBody } from './output.ts'

/** The answer to one request. */
export interface Answer {
  readonly status: number
  readonly body: Buffer
  /** AWS's name of the failure, if it is one. */
  readonly failure: string | undefined
}

/** One request of AWS's JSON 1.1 protocol, from its bytes to the bytes of its answer: through the same gate as every other call. */
export async function answerRequest(
  parts: { vault: Vault; report: (error: unknown) => string },
  request: ReceivedRequest,
  connection: Connection,
): Promise<Answer> {
  try {
    const operation = namedOperation(request)
    if (operation === undefined) throw new VaultError('UnknownOperationException')
    parts.vault.authenticate(connection, request, operation.service)
    const input = operation.read(request.body)
    try {
      const output = await parts.vault.call(connection, operation.choose, input)
      return { status: 200, body: outputBody(output), failure: undefined }
    } finally {
      wipeBytes(input)
    }
  } catch (error) {
    const failure = wireFailure(error, parts.report)
    return { status: failure.status, body: failureBody(failure), failure: failure.type }
  }
}

const TARGET = 'TrentService.'

/** The operation that X-Amz-Target names; a presigned request may have it in its query, where it is signed like everything else. */
export function namedOperation(request: ReceivedRequest): ServedOperation | undefined {
  if (request.method !== 'POST' || request.path !== '/') return undefined
  const headers = headerValues(request, 'x-amz-target')
  const targets = headers.length > 0 ? headers : queryPairs(request.query).flatMap(([name, value]) => (name.toLowerCase() === 'x-amz-target' ? [value] : []))
  const [target] = targets
  if (targets.length !== 1 || target === undefined) return undefined
  if (target.startsWith(CLOUD_TRAIL_TARGET)) return cloudTrailOperations.get(target.slice(CLOUD_TRAIL_TARGET.length))
  return target.startsWith(TARGET) ? servedOperations.get(target.slice(TARGET.length)) : undefined
}

function wipeBytes(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(wipeBytes)
}
