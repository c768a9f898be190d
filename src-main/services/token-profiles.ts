import type { AbortSignalLike } from '#core/ports/ambient.ts'
import type { MemberRow, Tables } from '#core/ports/store.ts'
import { checkOf } from '#core/tokens/checks.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import { asMemberId } from '#core/vocabulary/ids.ts'
import type { Members } from './members.ts'
import type { Operation, Targeted } from './operation.ts'
import { profileRecord, profileView, type ProfileView } from './profile-view.ts'
import type { Profiling, RunningProfile } from './profiling.ts'

/** How far a run is. */
export interface ProfileProgress {
  tried: number
  of: number
  /** What is being tried. */
  name: string
}

export interface MemberTarget extends Targeted {
  readonly member: Pick<MemberRow, 'id' | 'serial'>
}

export interface RunRequest {
  readonly memberId: string
  readonly signal: AbortSignalLike
  readonly tell: (progress: ProfileProgress) => void
}

/** What a token can really do: reading what is known, and trying it out anew. */
export function tokenProfiles({ profiling, members }: { profiling: Profiling; members: Members }) {
  const readHsmProfile: Operation<{ memberId: string }, MemberTarget, { profile?: ProfileView; running?: ProfileProgress }> = {
    name: 'ReadHsmProfile',
    action: 'holdfast:ReadHsmProfile',
    readOnly: true,
    request: ({ memberId }) => ({ memberId }),
    check: () => undefined,
    target: (tables, _scope, { memberId }) => memberTarget(tables, memberId),
    perform: (_call, { member }) => ({
      settle(tables) {
        const known = tables.profiles.latest(member.serial)
        const running = profiling.running(member.id)
        return {
          ...(known === undefined ? {} : { profile: profileView(known, members.member(member.id).status.token) }),
          ...(running === undefined ? {} : { running: progressOf(running) }),
        }
      },
    }),
  }

  const runHsmProfile: Operation<RunRequest, MemberTarget, ProfileView> = {
    name: 'RunHsmProfile',
    action: 'holdfast:RunHsmProfile',
    readOnly: false,
    request: ({ memberId }) => ({ memberId }),
    check: () => undefined,
    target: (tables, _scope, { memberId }) => memberTarget(tables, memberId),
    async perform(_call, { member }, { signal, tell }) {
      const told = (): void => {
        const running = profiling.running(member.id)
        if (running !== undefined) tell(progressOf(running))
      }
      const profile = await profiling.run(member.id, { signal, tell: told })
      return {
        settle(tables) {
          profiling.keep(tables, member.id, profile)
          return profileView(profile, members.member(member.id).status.token)
        },
        response: () => profileRecord(profile),
      }
    },
  }

  return { readHsmProfile, runHsmProfile }
}

/** The member of this id. Throws NotFoundException. */
export function memberTarget(tables: Tables, text: string): MemberTarget {
  const id = asMemberId(text)
  const row = id === undefined ? undefined : tables.members.list().find((each) => each.id === id)
  if (row === undefined) throw new VaultError('NotFoundException', { text: 'This vault has no such HSM.' })
  return { resources: [], member: { id: row.id, serial: row.serial } }
}

function progressOf({ check, tried, of }: RunningProfile): ProfileProgress {
  return { tried, of, name: checkOf(check).name }
}
