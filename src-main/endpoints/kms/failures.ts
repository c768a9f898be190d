import { failureStatus, type FailureCode, VaultError } from '#core/vocabulary/failures.ts'

/** A failure as AWS puts it on the wire. */
export interface WireFailure {
  readonly status: number
  /** AWS's name. */
  readonly type: string
  /** Undefined where AWS says none. */
  readonly message: string | undefined
}

/** Our own codes, as far as a client can do something about them; what is not listed is the service's own trouble. */
const translations: Partial<Record<FailureCode, 'KeyUnavailableException' | 'LimitExceededException'>> = {
  VAULT_LOCKED: 'KeyUnavailableException',
  VAULT_NOT_INITIALISED: 'KeyUnavailableException',
  HSM_UNAVAILABLE: 'KeyUnavailableException',
  TOKEN_REMOVED: 'KeyUnavailableException',
  LOGIN_NEEDED: 'KeyUnavailableException',
  PIN_INCORRECT: 'KeyUnavailableException',
  PIN_LOCKED: 'KeyUnavailableException',
  CHANGE_UNFINISHED: 'KeyUnavailableException',
  TOKEN_FULL: 'LimitExceededException',
}

/** `report` logs what is no declared failure, and gives its incident id. */
export function wireFailure(error: unknown, report: (error: unknown) => string): WireFailure {
  if (!(error instanceof VaultError)) return wireFailure(new VaultError('INTERNAL', { incident: report(error) }), report)
  const { code, message } = error as { code: FailureCode; message: string }
  const own = code === code.toUpperCase()
  const type = own ? (translations[code] ?? 'KMSInternalException') : code
  const status = type === code ? failureStatus(code) : type === 'LimitExceededException' ? 400 : 500
  return { status, type, message: message === '' ? undefined : message }
}

export function failureBody({ type, message }: WireFailure): Buffer {
  return Buffer.from(JSON.stringify({ __type: type, message }))
}
