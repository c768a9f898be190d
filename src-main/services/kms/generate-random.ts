import { requireConstraints } from '#core/kms/constraints.ts'
import type { MemberSession } from '#core/ports/hsm.ts'
import type { MemberId } from '#core/vocabulary/ids.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Operation, Targeted } from '../operation.ts'

/** Random bytes of the token itself. */
export function generateRandom(session: (member: MemberId) => MemberSession): Operation<
  { NumberOfBytes?: number | undefined },
  Targeted & { readonly member: MemberId; readonly length: number },
  { Plaintext: Uint8Array }
> {
  return {
    name: 'GenerateRandom',
    action: 'kms:GenerateRandom',
    readOnly: true,
    request: (input) => ({ numberOfBytes: input.NumberOfBytes ?? null }),
    check(input) {
      if (input.NumberOfBytes === undefined) throw new VaultError('ValidationException', { text: 'NumberOfBytes is required.' })
      requireConstraints('GenerateRandom', input)
    },
    target(tables, _scope, input) {
      const [member] = tables.members.list()
      if (member === undefined || input.NumberOfBytes === undefined) throw new VaultError('KMSInternalException', { text: 'This vault has no HSM.' })
      return { member: member.id, length: input.NumberOfBytes, resources: [] }
    },
    async perform(_call, target) {
      const bytes = await session(target.member).random(target.length)
      return { settle: () => ({ Plaintext: bytes }), abandon: () => { bytes.fill(0) } }
    },
  }
}
