import type { VerificationView } from '#contract/audit.ts'
import { count } from '#ui/numbers.ts'

export const verdictWords = {
  'holds': 'is the beginning of this trail',
  'malformed': 'is no checkpoint',
  'other-trail': 'is of another trail',
  'not-signed': "is not signed by this vault's key",
  'longer': 'has more records than this trail: it was cut off or rolled back',
  'differs': 'is not the beginning of this trail',
} as const satisfies Record<VerificationView['outside'][number]['verdict'], string>

/** "root", "role/payroll-batch"; what the service does by itself; who proved nothing. */
export function principalWord(principal: string | undefined): string {
  if (principal === undefined) return 'nobody'
  return principal === 'holdfast' ? 'Holdfast itself' : principal.replace(/^arn:aws:(?:iam|sts)::\d*:/, '')
}

/** "AccessDenied" for `AccessDeniedException`. */
export function failureWord(failure: string): string {
  return failure.replace(/Exception$/, '')
}

/** "right, 1 record". */
export function stepWord({ side, records }: { side: 'left' | 'right'; records: number }): string {
  return `${side}, ${count(records)} ${records === 1 ? 'record' : 'records'}`
}
