import type { HealthView } from '#contract/hsm.ts'
import type { MemberView } from '#contract/vault.ts'
import { tableLines } from './table.ts'

/** A member's health for a person. */
export function healthLines({ name }: MemberView, { well, steps }: HealthView): string[] {
  const rows = steps.map((step) => [step.outcome, step.name, step.microseconds === undefined ? '-' : `${(step.microseconds / 1000).toFixed(2)} ms`, step.note ?? ''])
  return [`${name} ${well ? 'is well' : 'is not well'}`, ...tableLines(['OUTCOME', 'STEP', 'TIME', 'NOTE'], rows)]
}
