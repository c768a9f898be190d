import { VaultError } from '#core/vocabulary/failures.ts'
import type { AccountId } from '#core/vocabulary/ids.ts'
import type { Principal } from './sessions.ts'

/** What an operation acts on, for the decision. */
export interface Resource {
  readonly arn: string
  readonly account: AccountId
}

/**
 * Throws AccessDeniedException unless the principal may do this. The account's root may do everything in its own account, by the root
 * statement of the default key policy, which is the only policy that a key can have until policies are evaluated; nobody else exists yet.
 */
export function authorise(principal: Principal, action: string, resources: readonly Resource[]): void {
  for (const resource of resources) {
    if (resource.account === principal.account) continue
    throw new VaultError('AccessDeniedException', {
      text: `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource.arn} because no resource-based policy allows the ${action} action`,
    })
  }
}
