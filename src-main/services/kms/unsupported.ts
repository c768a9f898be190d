import { VaultError } from '#core/vocabulary/failures.ts'

/** Members that AWS KMS knows and Holdfast does not serve yet are refused, never ignored: a caller must not believe in what is not there. */
export function refuseGrantTokens(tokens: readonly string[] | undefined): void {
  if (tokens !== undefined && tokens.length > 0) throw new VaultError('InvalidGrantTokenException')
}

/** Throws UnsupportedOperationException for a value other than the one that is served. */
export function requireOnly(member: string, given: string | undefined, served: string): void {
  if (given === undefined || given === served) return
  throw new VaultError('UnsupportedOperationException', { text: `${member} ${given} is not supported yet: only ${served} is.` })
}

/** Throws DryRunOperationException: all that a dry run asks for has been checked. */
export function stopAtDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true) throw new VaultError('DryRunOperationException')
}
