import { VaultError } from '../vocabulary/failures.ts'
import type { Decision, Question } from './evaluate.ts'

/** AWS's AccessDeniedException for a question that was decided against its asker: who, what, which key, and which kind of policy. */
export function accessDenied({ principal, action, resource }: Pick<Question, 'principal' | 'action' | 'resource'>, decision: Decision & { allowed: false }): VaultError {
  return new VaultError('AccessDeniedException', {
    text: `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource.arn} ${reason(action, decision)}`,
  })
}

function reason(action: string, decision: Decision & { allowed: false }): string {
  switch (decision.because) {
    case 'explicit-deny':
      return `with an explicit deny in ${decision.by.kind === 'resource' ? 'a resource-based' : 'an identity-based'} policy`
    case 'no-identity-policy':
      return `because no identity-based policy allows the ${action} action`
    case 'no-resource-policy':
      return `because no resource-based policy allows the ${action} action`
  }
}
