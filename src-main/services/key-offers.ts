import { algorithmLists, holdingOf, usagesOf, type SpecifiedKey } from '#core/keys/specs.ts'
import type { Tables } from '#core/ports/store.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { checkOf, type CheckId } from '#core/tokens/checks.ts'
import { noteOf } from '#core/tokens/details.ts'
import type { CheckResults, TokenProfile } from '#core/tokens/profile.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { keySpecs, type KeySpec, type KeyUsage, type ProtectionLevel } from '#core/vocabulary/kms.ts'
import type { CheckOutcome } from '#core/vocabulary/tokens.ts'
import type { Operation, Targeted } from './operation.ts'

/** A kind of key that may be asked for, and whether this vault's token can hold it. */
export interface KeyOffer {
  spec: KeySpec
  usage: KeyUsage
  algorithms: string[]
  protection: ProtectionLevel
  check?: { via: string; outcome: CheckOutcome; note?: string; microseconds?: number; at: Date }
  possible: boolean
}

/** What CreateKey can be asked for, before it is asked. */
export function keyOffers() {
  const listKeyOffers: Operation<object, Targeted, { member: string; offers: KeyOffer[] }> = {
    name: 'ListKeyOffers',
    action: 'kms:ListKeys',
    readOnly: true,
    request: () => null,
    check: () => undefined,
    target: (_tables, scope) => ({ resources: [{ arn: `arn:aws:kms:${scope.region}:${scope.account}:key/*`, account: scope.account }] }),
    perform: () => ({ settle: offersOf }),
  }
  return { listKeyOffers }
}

function offersOf(tables: Tables): { member: string; offers: KeyOffer[] } {
  const [member] = tables.members.list()
  if (member === undefined) throw new VaultError('KMSInternalException', { text: 'This vault has no HSM.' })
  const profile = tables.profiles.latest(member.serial)
  const all = keySpecs.flatMap((spec) => usagesOf(spec).map((usage) => offer({ spec, usage }, profile)))
  return { member: member.name, offers: all }
}

function offer(specified: SpecifiedKey, profile: TokenProfile | undefined): KeyOffer {
  const holding = holdingOf(specified)
  const check = profile && seen(profile, holding.how === 'token' ? holding.needs : sealingCheck(profile.results))
  return {
    ...specified,
    algorithms: Object.values({ ...algorithmLists(specified) }).flat(),
    protection: holding.how === 'sealed' ? 'SEALED' : 'HSM',
    ...(check === undefined ? {} : { check }),
    // CreateKey refuses by the same rule; what was not tried is left to the token to refuse.
    possible: holding.how !== 'token' || check === undefined || check.outcome === 'works',
  }
}

/** The check that stands for sealing on the token's rung. */
function sealingCheck(results: CheckResults): CheckId {
  return chooseRung(results) === 2 ? 'hmac-sha-256' : 'aes-gcm'
}

function seen(profile: TokenProfile, id: CheckId): KeyOffer['check'] {
  const result = profile.results[id]
  if (result === undefined) return undefined
  const note = noteOf(id, result)
  return {
    via: checkOf(id).via,
    outcome: result.outcome,
    ...(note === undefined ? {} : { note }),
    ...(result.microseconds === undefined ? {} : { microseconds: result.microseconds }),
    at: new Date(profile.at),
  }
}
