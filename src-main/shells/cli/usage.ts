/** A command that cannot be meant as it was written: exit code 2. The message never repeats a value, which may be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
