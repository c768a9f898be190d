import type { MemberOwner, MemberSession, MemberStatus } from '#core/ports/hsm.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** An owner that keeps its PIN in a variable and writes down what it is told. */
export interface TestOwner extends MemberOwner {
  /** What `pin()` gives from now on. */
  givePin(pin: string | undefined): void
  readonly statuses: MemberStatus[]
  readonly reconciled: MemberSession[]
}

export function testOwner(pin: string | undefined, reconcile: (session: MemberSession) => Promise<void> = () => Promise.resolve()): TestOwner {
  let given = pin
  const statuses: MemberStatus[] = []
  const reconciled: MemberSession[] = []
  return {
    statuses,
    reconciled,
    givePin: (next) => { given = next },
    pin: () => (given === undefined ? undefined : Secret.fromText(given)),
    changed: (status) => { statuses.push(status) },
    reconcile: async (session) => {
      reconciled.push(session)
      await reconcile(session)
    },
  }
}
