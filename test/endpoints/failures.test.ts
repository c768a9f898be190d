import { describe, expect, it } from 'vitest'
import { failures, VaultError, type FailureCode } from '#core/vocabulary/failures.ts'
import { failureBody, wireFailure } from '#endpoints/kms/failures.ts'
import { createRequestLog } from '#endpoints/request-log.ts'

// Every row of the failure table, as it reaches an AWS client.

const codes = Object.keys(failures) as FailureCode[]
const details: unknown = new Proxy({}, { get: () => 'x' })
const failureOf = (code: FailureCode): VaultError => new (VaultError as unknown as new (code: string, details: unknown) => VaultError)(code, details)
const wire = (code: FailureCode) => wireFailure(failureOf(code), () => 'incident-1')

describe('a failure on the wire', () => {
  it.each(codes)('%s has a name of AWS’s and a status that fits it', (code) => {
    const { type, status } = wire(code)
    expect(type).toMatch(/^([A-Z]\w+Exception|RequestExpired)$/)
    expect(status).toBe(/^(KMSInternal|KeyUnavailable|DependencyTimeout)Exception$/.test(type) ? 500 : 400)
  })

  it('says that keys are unavailable while the vault is locked or its HSM is away', () => {
    for (const code of ['VAULT_LOCKED', 'HSM_UNAVAILABLE', 'TOKEN_REMOVED', 'PIN_LOCKED', 'CHANGE_UNFINISHED'] as const) expect(wire(code).type).toBe('KeyUnavailableException')
  })

  it('has no message where AWS has none', () => {
    for (const code of ['InvalidCiphertextException', 'UnknownOperationException', 'SerializationException'] as const) {
      expect(failureBody(wire(code)).toString()).toBe(`{"__type":"${code}"}`)
    }
  })

  it('of what nobody declared is KMSInternalException with the incident that the log has, and nothing else', () => {
    const failure = wireFailure(new Error('a secret'), (error) => (error as Error).message.length.toString())
    expect(failure).toEqual({ status: 500, type: 'KMSInternalException', message: 'Something went wrong inside Holdfast (incident 8).' })
  })
})

describe('the request log', () => {
  it('keeps the last 500, the newest first', () => {
    const log = createRequestLog()
    const line = (milliseconds: number) => ({ at: 0, requestId: '', operation: undefined, accessKeyId: undefined, region: undefined, status: 200, failure: undefined, milliseconds })
    expect(log.lines()).toEqual([])
    for (let n = 0; n < 3; n++) log.add(line(n))
    expect(log.lines().map(({ milliseconds }) => milliseconds)).toEqual([2, 1, 0])
    for (let n = 3; n < 1_203; n++) log.add(line(n))
    const kept = log.lines().map(({ milliseconds }) => milliseconds)
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([500, 1_202, 703])
  })
})
