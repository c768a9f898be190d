import type { CheckView, ProfileView } from '#contract/hsm.ts'
import type { MemberView } from '#contract/vault.ts'
import { checkGroups, type CheckGroup, type EnforcementBadge } from '#core/vocabulary/tokens.ts'
import { tableLines } from './table.ts'

export const badgeWords = {
  hardware: 'hardware grade',
  software: 'software token',
  'not-enforced': 'does not enforce',
  unproven: 'not proven',
} as const satisfies Record<EnforcementBadge, string>

const groupWords = {
  keys: 'Keys',
  encryption: 'Encryption',
  mac: 'Message authentication',
  rsa: 'RSA',
  curves: 'Elliptic curves',
  wrapping: 'Wrapping',
  enforcement: 'Enforcement',
} as const satisfies Record<CheckGroup, string>

/** A profile for a person at a terminal. */
export function profileLines(member: MemberView, profile: ProfileView): string[] {
  const { identity, enforcement, ladder, rung } = profile
  const sealing = ladder.find((step) => step.rung === rung)
  return [
    ...tableLines(['HSM', member.name], [
      ['Token', `${identity.model}, serial ${identity.serial}, firmware ${identity.firmware}`],
      ['Library', `${identity.libraryVersion}, SHA-256 ${identity.moduleHash}`],
      ['Tried', `${profile.at.toISOString()}, in ${(profile.milliseconds / 1000).toFixed(1)} s`],
      ...(profile.changed.length === 0 ? [] : [['Changed', `${profile.changed.join(', ')}: try it again with --run`]]),
      ['Enforces', `${badgeWords[enforcement.badge]}, ${enforcement.held} of ${enforcement.tried}. ${enforcement.why}`],
      ['Seals', sealing === undefined ? 'not at all: this token can do nothing that is offered' : `rung ${sealing.rung}: ${sealing.words}`],
    ]),
    ...checkGroups.flatMap((group) => groupLines(group, profile.checks.filter((check) => check.group === group))),
    '',
    'Keys of AWS KMS that it serves by itself',
    ...indented(profile.specs.map(({ spec, served, missing }) => [spec, served.join(' ') || '-', missing.length === 0 ? '' : `without ${missing.join(' ')}`])),
  ]
}

function groupLines(group: CheckGroup, checks: readonly CheckView[]): string[] {
  if (checks.length === 0) return []
  return ['', groupWords[group], ...indented(checks.map((check) => [check.outcome, check.name, check.via, milliseconds(check), check.note ?? '']))]
}

/** Rows alone, two blanks in. */
function indented(rows: readonly (readonly string[])[]): string[] {
  const none = rows[0]?.map(() => '') ?? []
  return tableLines(none, rows).slice(1).map((line) => `  ${line}`)
}

function milliseconds({ microseconds }: CheckView): string {
  return microseconds === undefined ? '' : `${(microseconds / 1000).toFixed(2)} ms`
}
