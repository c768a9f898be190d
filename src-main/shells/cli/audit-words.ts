import type { AuditRowView, VerificationView } from '#contract/audit.ts'

export const auditHeadings = ['RECORD', 'TIME', 'EVENT', 'PRINCIPAL', 'KEY', 'RESULT'] as const

export function auditCells({ sequence, at, operation, principal, keys, failure }: AuditRowView): string[] {
  return [String(sequence), at.toISOString(), operation, principal?.replace(/^arn:aws:iam::/, '') ?? '-', keys.map((arn) => arn.replace(/^.*\//, '')).join(' ') || '-', failure ?? 'ok']
}

const verdictWords = {
  'holds': 'is the beginning of this trail',
  'malformed': 'is no checkpoint',
  'other-trail': 'is of another trail',
  'not-signed': "is not signed by this vault's key",
  'longer': 'has more records than the trail: it was cut off or rolled back',
  'differs': 'is not the beginning of this trail',
} as const satisfies Record<VerificationView['outside'][number]['verdict'], string>

/** A verification for a person. `names`: of the checkpoints that were given, in their order. */
export function verificationLines(result: VerificationView, names: readonly string[]): string[] {
  const { records, covered, checkpoints, outside, problem, milliseconds } = result
  const seconds = (milliseconds.records + milliseconds.index) / 1000
  return [
    ...(problem === undefined ? [`${records} records verified in ${seconds.toFixed(1)} s, none changed, removed or added.`] : [problem.text]),
    ...(covered === 0
      ? ['No checkpoint covers them yet: `holdfast audit checkpoint export FILE` signs one, to be kept elsewhere.']
      : [`Checkpoints signed in the HSM cover records 0 to ${covered - 1} (${checkpoints} stored here).`]),
    ...outside.map(({ verdict, size }, i) => `${names[i] ?? 'A checkpoint'}${size === undefined ? '' : ` (${size} records)`} ${verdictWords[verdict]}.`),
    ...(problem === undefined && outside.length === 0 ? ['Only a checkpoint kept elsewhere shows that the whole trail was rolled back: give it with --checkpoint FILE.'] : []),
  ]
}
