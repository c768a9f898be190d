import { chooseRung, ladder } from '#core/sealing/rung.ts'
import { CHECKS_EDITION, checkIds, checkOf } from '#core/tokens/checks.ts'
import { gcmIvMode, noteOf } from '#core/tokens/details.ts'
import { enforcementOf, type Enforcement } from '#core/tokens/enforcement.ts'
import { nativeSpecs, type NativeSpec } from '#core/tokens/key-specs.ts'
import { changedSince, identityOf, type TokenIdentity, type TokenProfile } from '#core/tokens/profile.ts'
import type { TokenFacts } from '#core/ports/hsm.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import type { CheckGroup, CheckOutcome, EnforcementBadge, GcmIvMode } from '#core/vocabulary/tokens.ts'

/** A profile as it is shown: what was seen, and what follows from it. */
export interface ProfileView {
  at: Date
  milliseconds: number
  /** What of the token has changed since, in words; empty: it still holds. */
  changed: string[]
  identity: TokenIdentity
  rung?: SealingRung
  ladder: { rung: number; words: string; possible: boolean; offered: boolean }[]
  gcmIv?: GcmIvMode
  enforcement: Enforcement
  checks: CheckView[]
  specs: { spec: string; served: string[]; missing: string[] }[]
}

export interface CheckView {
  id: string
  group: CheckGroup
  name: string
  proves: string
  /** The mechanism or the function, by the specification's name. */
  via: string
  sizes: number[]
  outcome: CheckOutcome
  /** A code, a format, a sentence. */
  note?: string
  microseconds?: number
}

/** `token`: as it is now, undefined while it is not there to compare. */
export function profileView(profile: TokenProfile, token: TokenFacts | undefined): ProfileView {
  const { results } = profile
  const rung = chooseRung(results)
  const gcmIv = gcmIvMode(results)
  return {
    at: new Date(profile.at),
    milliseconds: profile.milliseconds,
    changed: changedNow(profile, token),
    identity: profile.identity,
    ...(rung === undefined ? {} : { rung }),
    ladder: ladder.map(({ rung: step, words, possible, offered }) => ({ rung: step, words, possible: possible(results), offered: offered !== undefined })),
    ...(gcmIv === undefined ? {} : { gcmIv }),
    enforcement: enforcementOf(results, profile.claims),
    checks: checkIds.flatMap((id) => {
      const result = results[id]
      return result === undefined ? [] : [checkView(id, result)]
    }),
    specs: nativeSpecs(results).map(({ spec, served, missing }: NativeSpec) => ({ spec, served: [...served], missing: [...missing] })),
  }
}

/** The short form, for a list of members. */
export function profileSummary(profile: TokenProfile, token: TokenFacts | undefined): { at: Date; badge: EnforcementBadge; holds: boolean } {
  return { at: new Date(profile.at), badge: enforcementOf(profile.results, profile.claims).badge, holds: changedNow(profile, token).length === 0 }
}

/** What the trail keeps of a profile. */
export function profileRecord(profile: TokenProfile): { readonly [name: string]: Json } {
  const all = Object.values(profile.results)
  return {
    moduleHash: profile.identity.moduleHash,
    rung: chooseRung(profile.results) ?? null,
    enforcement: enforcementOf(profile.results, profile.claims).badge,
    works: all.filter(({ outcome }) => outcome === 'works').length,
    tried: all.length,
  }
}

function changedNow(profile: TokenProfile, token: TokenFacts | undefined): string[] {
  return changedSince(profile, token === undefined ? profile.identity : identityOf(token), CHECKS_EDITION)
}

function checkView(id: (typeof checkIds)[number], result: NonNullable<TokenProfile['results'][typeof id]>): CheckView {
  const { group, name, proves, via, sizes } = checkOf(id)
  const note = noteOf(id, result)
  return {
    id, group, name, proves, via,
    sizes: [...(sizes ?? [])],
    outcome: result.outcome,
    ...(note === undefined ? {} : { note }),
    ...(result.microseconds === undefined ? {} : { microseconds: result.microseconds }),
  }
}
