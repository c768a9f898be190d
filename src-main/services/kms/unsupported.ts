import { VaultError } from '#core/vocabulary/failures.ts'

/** Throws UnsupportedOperationException for a value other than the one that is served. */
export function requireOnly(member: string, given: string | undefined, served: string): void {
  if (given === undefined || given === served) return
  throw new VaultError('UnsupportedOperationException', { text: `${member} ${given} is not supported yet: only ${served} is.` })
}

/** Throws DryRunOperationException: all that a dry run asks for has been checked. */
export function stopAtDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true) throw new VaultError('DryRunOperationException')
}
