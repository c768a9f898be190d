import type { CheckOutcome } from '../vocabulary/tokens.ts'
import type { CheckId } from './checks.ts'

/** What a token really can, as it was seen: the results of the checks, and of what they were made. */
export interface TokenProfile {
  readonly identity: TokenIdentity
  readonly claims: TokenClaims
  /** The edition of the table of checks. */
  readonly edition: number
  /** Wall clock, milliseconds. */
  readonly at: number
  /** How long it took. */
  readonly milliseconds: number
  readonly results: CheckResults
}

/** A check without an entry was not tried. */
export type CheckResults = Readonly<Partial<Record<CheckId, CheckResult>>>

export interface CheckResult {
  readonly outcome: CheckOutcome
  /** The specification's name of the return value that the verdict rests on, such as `CKR_KEY_UNEXTRACTABLE`. */
  readonly ckr?: string | undefined
  /** What was seen beyond the outcome: a word of `details.ts`, or a short sentence for people. */
  readonly detail?: string | undefined
  /** Median of the check's main call, in microseconds, as measured beside the token. */
  readonly microseconds?: number | undefined
}

/** What a profile holds for: another library, version, model, device or firmware may do otherwise. */
export interface TokenIdentity {
  /** SHA-256 of the library's file, lower-case hex. */
  readonly moduleHash: string
  readonly libraryVersion: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
}

/** What a token and its library say of themselves. */
export interface TokenClaims {
  readonly manufacturer: string
  readonly model: string
  /** CK_INFO.libraryDescription. */
  readonly library: string
  /** CKF_HW_SLOT: the library says that the slot is hardware. */
  readonly hardwareSlot: boolean
}

/** The part of a token's facts that a profile keeps. */
interface Facts {
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  readonly firmware: string
  readonly hardwareSlot: boolean
  readonly library: { readonly description: string; readonly version: string; readonly sha256: string }
}

export function identityOf({ model, serial, firmware, library }: Facts): TokenIdentity {
  return { moduleHash: library.sha256, libraryVersion: library.version, model, serial, firmware }
}

export function claimsOf({ manufacturer, model, library, hardwareSlot }: Facts): TokenClaims {
  return { manufacturer, model, library: library.description, hardwareSlot }
}

/** What of a token is another than at its profile, in words; empty if the profile still holds. */
export function changedSince(profile: Pick<TokenProfile, 'identity' | 'edition'>, now: TokenIdentity, edition: number): string[] {
  const changed = (Object.keys(parts) as (keyof TokenIdentity)[]).filter((part) => profile.identity[part] !== now[part]).map((part) => parts[part])
  return profile.edition === edition ? changed : [...changed, 'what Holdfast tries']
}

const parts = {
  moduleHash: 'the library',
  libraryVersion: 'the library version',
  model: 'the model',
  serial: 'the token',
  firmware: 'the firmware',
} as const satisfies Record<keyof TokenIdentity, string>

/** True if a check was tried and the token did it right. */
export function works(results: CheckResults, id: CheckId): boolean {
  return results[id]?.outcome === 'works'
}
