import { VaultError } from '#core/vocabulary/failures.ts'
import type { Secret } from '#core/vocabulary/secret.ts'

/** Characters of the shortest passphrase that a vault takes. */
export const SHORTEST_PASSPHRASE = 12

/** Throws PASSPHRASE_TOO_SHORT. Counts Unicode characters in the UTF-8 bytes, without making a string of them. */
export function requireLength(passphrase: Secret): void {
  const characters = passphrase.bytes.reduce((count, byte) => ((byte & 0xc0) === 0x80 ? count : count + 1), 0)
  if (characters < SHORTEST_PASSPHRASE) throw new VaultError('PASSPHRASE_TOO_SHORT', { minimum: SHORTEST_PASSPHRASE })
}
