import { VaultError, unreachable } from '#core/vocabulary/failures.ts'
import { ckr, ckrName } from './ckr.ts'
import { HostGone, HostRefused } from './link.ts'
import type { Refusal } from './protocol.ts'

/** What a failure says about the member that gave it. */
export type Consequence =
  /** Nothing: the next call may go well. */
  | 'stays'
  /** The host is ended; the next call opens a new one. */
  | 'down'
  /** As `down`; and a session or the login had gone before the call, so a reading one is repeated once. */
  | 'again'

export interface Failed {
  readonly error: VaultError
  readonly consequence: Consequence
}

type Code = 'HSM_UNAVAILABLE' | 'PIN_INCORRECT' | 'PIN_LOCKED' | 'LOGIN_NEEDED' | 'TOKEN_REMOVED' | 'TOKEN_FULL' | 'MATERIAL_MISSING'

/** PKCS#11's return values as our failures. What is not listed is HSM_UNAVAILABLE with its name, and changes nothing. */
const rows: Readonly<Record<number, readonly [Code, Consequence]>> = {
  [ckr.CKR_PIN_INCORRECT]: ['PIN_INCORRECT', 'down'],
  [ckr.CKR_PIN_INVALID]: ['PIN_INCORRECT', 'down'],
  [ckr.CKR_PIN_LEN_RANGE]: ['PIN_INCORRECT', 'down'],
  [ckr.CKR_PIN_LOCKED]: ['PIN_LOCKED', 'down'],
  // Both need the PIN to be set anew before any login, which a person does.
  [ckr.CKR_PIN_EXPIRED]: ['LOGIN_NEEDED', 'down'],
  [ckr.CKR_USER_PIN_NOT_INITIALIZED]: ['LOGIN_NEEDED', 'down'],
  // A login that was lost is renewed by the next opening; that one fails with LOGIN_NEEDED if a person must give the PIN.
  [ckr.CKR_USER_NOT_LOGGED_IN]: ['HSM_UNAVAILABLE', 'again'],
  [ckr.CKR_SESSION_HANDLE_INVALID]: ['HSM_UNAVAILABLE', 'again'],
  [ckr.CKR_SESSION_CLOSED]: ['HSM_UNAVAILABLE', 'again'],
  [ckr.CKR_CRYPTOKI_NOT_INITIALIZED]: ['HSM_UNAVAILABLE', 'again'],
  [ckr.CKR_TOKEN_NOT_PRESENT]: ['TOKEN_REMOVED', 'down'],
  [ckr.CKR_TOKEN_NOT_RECOGNIZED]: ['TOKEN_REMOVED', 'down'],
  [ckr.CKR_DEVICE_REMOVED]: ['TOKEN_REMOVED', 'down'],
  [ckr.CKR_SLOT_ID_INVALID]: ['TOKEN_REMOVED', 'down'],
  // p11-kit answers so to everything once its server is gone, until C_Finalize and C_Initialize: a new host does both.
  [ckr.CKR_DEVICE_ERROR]: ['HSM_UNAVAILABLE', 'down'],
  [ckr.CKR_DEVICE_MEMORY]: ['TOKEN_FULL', 'stays'],
  [ckr.CKR_OBJECT_HANDLE_INVALID]: ['MATERIAL_MISSING', 'stays'],
  [ckr.CKR_KEY_HANDLE_INVALID]: ['MATERIAL_MISSING', 'stays'],
}

/** Our failure for what a host answered or did not answer; anything else that was thrown is passed on as it is. */
export function failureOf(thrown: unknown, member: string): Failed {
  if (thrown instanceof HostGone) {
    // The process that ended has been dealt with already; a busy one is well.
    const consequence = thrown.end === 'busy' ? 'stays' : thrown.end === 'replaced' ? 'again' : 'down'
    return caused(new VaultError('HSM_UNAVAILABLE', { member, reason: thrown.message }), consequence, thrown)
  }
  if (thrown instanceof HostRefused) return caused(...refusalFailure(thrown.refusal, member), thrown)
  throw thrown
}

function refusalFailure(refusal: Refusal, member: string): [VaultError, Consequence] {
  switch (refusal.kind) {
    case 'ckr': {
      const [code, consequence] = rows[refusal.ckr] ?? (['HSM_UNAVAILABLE', 'stays'] as const)
      const error = code === 'HSM_UNAVAILABLE' ? new VaultError(code, { member, reason: ckrName(refusal.ckr) }) : new VaultError(code, { member })
      return [error, consequence]
    }
    case 'library':
      return [new VaultError('HSM_UNAVAILABLE', { member, reason: `its library cannot be loaded (${refusal.text})` }), 'down']
    case 'noToken':
      return [new VaultError('TOKEN_REMOVED', { member }), 'down']
    case 'noSlot':
      return [new VaultError('TOKEN_FULL', { member }), 'stays']
    case 'noKey':
      return [new VaultError('MATERIAL_MISSING', { member }), 'stays']
    case 'noKind':
      return [new VaultError('KIND_UNSUPPORTED', { member, kind: refusal.name }), 'stays']
    case 'differs':
      return [new VaultError('MATERIAL_REFUSED', { member, attribute: refusal.attribute }), 'stays']
    case 'unopened':
      return [new VaultError('InvalidCiphertextException'), 'stays']
    case 'unfit':
      return [new VaultError('IncorrectKeyMaterialException'), 'stays']
    case 'fault':
      return unreachable(`hsm host: ${refusal.text}`)
  }
}

/** The cause says whether the library crashed or hung; it holds no data of the call. */
function caused(error: VaultError, consequence: Consequence, cause: Error): Failed {
  error.cause = cause
  return { error, consequence }
}
