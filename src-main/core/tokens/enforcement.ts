import type { EnforcementBadge } from '../vocabulary/tokens.ts'
import { checkIds, checks, type CheckId } from './checks.ts'
import type { CheckResults, TokenClaims } from './profile.ts'

export interface Enforcement {
  readonly badge: EnforcementBadge
  /** Why, as sentences for a person. */
  readonly why: string
  /** How many of the trials to get a key out were answered as they must be, of how many that gave an answer at all. */
  readonly held: number
  readonly tried: number
}

/** The trials to get a key out of a token. */
export const enforcementChecks: readonly CheckId[] = checkIds.filter((id) => checks[id].group === 'enforcement')

/** How far "not extractable" can be believed on this token. A program enforces only against those who use it as it was meant. */
export function enforcementOf(results: CheckResults, token: TokenClaims): Enforcement {
  const outcomes = enforcementChecks.map((id) => ({ id, outcome: results[id]?.outcome }))
  const broken = outcomes.filter(({ outcome }) => outcome === 'wrong').map(({ id }) => id)
  const held = outcomes.filter(({ outcome }) => outcome === 'works').length
  const counts = { held, tried: held + broken.length }
  if (broken.length > 0) return { badge: 'not-enforced', why: sentenceOf(broken), ...counts }

  const open = outcomes.filter(({ id, outcome }) => !isAnswer(id, outcome)).map(({ id }) => id)
  if (open.length > 0) {
    const names = open.map((id) => `"${checks[id].name}"`).join(', ')
    return { badge: 'unproven', why: `No trial got a key out, but not all gave an answer: ${names}.`, ...counts }
  }
  const program = softwareName(token)
  if (program !== undefined) {
    return { badge: 'software', why: `Enforced by a program, ${program}. Who can read its files or memory and knows the PIN can read its keys.`, ...counts }
  }
  if (!token.hardwareSlot) {
    return { badge: 'software', why: 'Enforced, but the library does not say that there is hardware behind the slot: taken for a program.', ...counts }
  }
  return { badge: 'hardware', why: 'Every trial to get a key out was refused, and the library says that the slot is hardware. That it is, nothing here can prove.', ...counts }
}

/** A token without the function cannot break the rule by it; one that cannot even read or copy tells nothing. */
function isAnswer(id: CheckId, outcome: string | undefined): boolean {
  if (outcome === 'works') return true
  return outcome === 'absent' && mayBeAbsent.has(id)
}

const mayBeAbsent: ReadonlySet<CheckId> = new Set(['read-private', 'wrap-sealed', 'unwrap-sealed', 'import-history'])

/** What each broken rule means for the keys. */
const broken = {
  'read-secret': 'shows the value of a key that is marked sensitive',
  'read-private': 'shows the value of a private key that is marked sensitive',
  'wrap-sealed': 'wraps a key that is marked not extractable, so that it can be taken out and decrypted',
  'copy-sealed': 'makes an extractable copy of a key that is not extractable',
  'unseal-sealed': 'lets a sealed key be made extractable or readable afterwards',
  'unwrap-sealed': 'does not seal a key that is unwrapped as sealed',
  'import-history': 'claims for an imported key that it was never outside',
} as const satisfies Partial<Record<CheckId, string>>

function sentenceOf(ids: readonly CheckId[]): string {
  const does = ids.map((id) => broken[id as keyof typeof broken])
  return `This token ${does.join('; it ')}. Who knows the PIN can have its keys.`
}

/** Tokens that are known to be programs, by what they say of themselves: `hardwareSlot` alone is only a claim. */
const programs = [
  { name: 'SoftHSM', says: /\bSoftHSM\b/i },
  { name: 'NSS', says: /\bNSS\b|Mozilla/i },
  { name: "openCryptoki's software token", says: /openCryptoki|^Soft$|\bSWTOK\b/i },
  { name: 'a TPM emulator (swtpm)', says: /\bSW +TPM\b/ },
  { name: 'Kryoptic', says: /\bKryoptic\b/i },
  { name: 'BouncyHsm', says: /\bBouncyHsm\b/i },
  { name: 'GNOME Keyring', says: /\bgnome.keyring\b/i },
] as const

function softwareName(token: TokenClaims): string | undefined {
  const claims = [token.manufacturer, token.model, token.library]
  return programs.find(({ says }) => claims.some((claim) => says.test(claim)))?.name
}
