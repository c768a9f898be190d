import { rootArn } from '#core/keys/arn.ts'
import type { VaultRow } from '#core/ports/store.ts'
import type { Resource } from './authorisation.ts'

/** The vault itself, for decisions about what is nobody's key: it belongs to the account that it was made with. */
export function vaultResource(row: VaultRow): Resource {
  return { arn: rootArn(row.account), account: row.account }
}
