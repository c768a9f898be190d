import type { Hsm, HsmMember, MemberSession } from '#core/ports/hsm.ts'
import type { Home } from '#core/ports/home.ts'
import type { MemberRow, Store } from '#core/ports/store.ts'
import { unreachable, VaultError } from '#core/vocabulary/failures.ts'
import type { MemberId } from '#core/vocabulary/ids.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import { Secret } from '#core/vocabulary/secret.ts'

/** The HSM members of an open vault. */
export interface Members {
  session(id: MemberId): MemberSession
  member(id: MemberId): HsmMember
  /** Opens all; a member that cannot be opened says so in its status and is tried again by the next call that needs it. */
  open(): Promise<void>
  list(): { readonly row: MemberRow; readonly member: HsmMember }[]
  /** The rung of new material has changed in the store. */
  noteRung(id: MemberId, rung: SealingRung): void
  /** Ends all hosts. */
  close(): Promise<void>
}

export function createMembers(parts: {
  hsm: Hsm
  home: Home
  store: Store
  reconcile: (member: MemberId, session: MemberSession) => Promise<void>
  changed: () => void
}): Members {
  const rows = parts.store.read((tables) => tables.members.list())
  const members = new Map(rows.map((row) => [row.id, { row, member: parts.hsm.member(memberConfig(row, parts.home.tokenDirectory), owner(row.id)) }]))

  function owner(id: MemberId): Parameters<Hsm['member']>[1] {
    return {
      // Read from the store at each login: the PIN is in memory only while it is needed.
      pin() {
        const stored = parts.store.read((tables) => tables.members.pins(id))
        stored?.pendingPin?.fill(0)
        stored?.soPin?.fill(0)
        return stored?.pin && Secret.own(stored.pin)
      },
      reconcile: (session) => parts.reconcile(id, session),
      changed: parts.changed,
    }
  }

  function known(id: MemberId): { row: MemberRow; member: HsmMember } {
    return members.get(id) ?? unreachable('an unknown member')
  }

  return {
    session: (id) => known(id).member.session,
    member: (id) => known(id).member,
    async open() {
      await Promise.all(
        [...members.values()].map(async ({ member }) => {
          try {
            await member.open()
          } catch (error) {
            // Its status carries the failure to whoever looks.
            if (!(error instanceof VaultError)) throw error
          }
        }),
      )
    },
    list: () => [...members.values()],
    noteRung(id, rung) {
      const { row, member } = known(id)
      members.set(id, { row: { ...row, rung }, member })
    },
    async close() {
      await Promise.all([...members.values()].map(({ member }) => member.close()))
    },
  }
}

/** How the Hsm port finds a stored member; its software tokens live in the given folder. */
export function memberConfig(row: MemberRow, tokenDirectory: string): HsmMember['config'] {
  return {
    id: row.id,
    name: row.name,
    serial: row.serial,
    module: { library: row.library, parameters: row.parameters, tokenDirectory: row.softToken ? tokenDirectory : undefined },
  }
}
