import type { Members } from './members.ts'
import type { Operation } from './operation.ts'
import { memberTarget, type MemberTarget } from './token-profiles.ts'

/** Opening a member whose PIN is not stored, for a person who is there to type it. The PIN itself never comes this way. */
export function hsmLogin({ members }: { members: Members }) {
  const logInHsm: Operation<{ memberId: string }, MemberTarget, Record<never, never>> = {
    name: 'LogInHsm',
    action: 'holdfast:LogInHsm',
    readOnly: false,
    request: ({ memberId }) => ({ memberId }),
    check: () => undefined,
    target: (tables, _scope, { memberId }) => memberTarget(tables, memberId),
    async perform(_call, { member }) {
      await members.member(member.id).logIn()
      return { settle: () => ({}) }
    },
  }
  return { logInHsm }
}
