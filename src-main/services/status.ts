import type { Crypto } from '#core/ports/crypto.ts'
import type { EndpointState } from '#core/ports/endpoint.ts'
import type { Home } from '#core/ports/home.ts'
import type { HsmMember } from '#core/ports/hsm.ts'
import type { MemberRow } from '#core/ports/store.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { SealingRung } from '#core/vocabulary/kms.ts'
import type { EnforcementBadge } from '#core/vocabulary/tokens.ts'
import { readKeyslots, slotOfKind } from './keyslot-access.ts'
import { endpointView, type EndpointView } from './endpoint/operations.ts'
import type { OpenVault } from './open-vault.ts'
import { profileSummary } from './profile-view.ts'
import type { Connection, Principal } from './sessions.ts'

/** Why a vault was locked: a person asked, the process was told to stop, or nobody was there any more. */
export type LockReason = 'request' | 'signal' | 'idle' | 'suspend' | 'screen-lock'

/** What anybody who reaches a transport may know; with a signed-in principal also the vault's own facts. */
export interface VaultStatus {
  state: 'none' | 'locked' | 'unlocked'
  version: string
  home: string
  name: string
  locked?: { because: LockReason; at: Date }
  nextTryAt?: Date
  hasRecovery: boolean
  /** Present while it is on. */
  endpoint?: EndpointView
  principal?: Principal
  account?: string
  region?: string
  members?: MemberView[]
}

export interface MemberView {
  id: string
  name: string
  state: HsmMember['status']['state']
  failure?: { code: string; text: string }
  rung: SealingRung
  token?: { label: string; serial: string; manufacturer: string; model: string; firmware: string; library: string; mechanisms: number }
  /** What the token can do was tried; `holds`: on this very token, library and firmware. */
  profile?: { at: Date; badge: EnforcementBadge; holds: boolean }
  /** It is being tried now. */
  profiling: boolean
}

export function vaultStatus(
  known: {
    home: Home
    crypto: Crypto
    version: string
    endpoint: EndpointState | undefined
    open: OpenVault | undefined
    locked: { because: LockReason; at: number } | undefined
    nextTryAt: number | undefined
  },
  connection: Connection,
): VaultStatus {
  const { home, open } = known
  const present = open !== undefined || home.state() === 'present'
  const principal = open === undefined ? undefined : signedIn(connection)
  return {
    state: open !== undefined ? 'unlocked' : present ? 'locked' : 'none',
    version: known.version,
    home: home.path,
    // The chosen name is in the encrypted database; until that is open, the folder's own name must do.
    name: open?.row.name ?? folderName(home.path),
    hasRecovery: present && hasRecovery(home, known.crypto),
    ...(known.endpoint === undefined ? {} : { endpoint: endpointView(known.endpoint) }),
    ...(known.locked === undefined ? {} : { locked: { because: known.locked.because, at: new Date(known.locked.at) } }),
    ...(known.nextTryAt === undefined ? {} : { nextTryAt: new Date(known.nextTryAt) }),
    ...(open === undefined || principal === undefined
      ? {}
      : { principal, account: principal.account, region: open.row.region, members: open.members.list().map(({ row, member }) => memberView(open, row, member)) }),
  }
}

function signedIn(connection: Connection): Principal | undefined {
  return connection.session === undefined || connection.session.ended ? undefined : connection.session.principal
}

function hasRecovery(home: Home, crypto: Crypto): boolean {
  try {
    return slotOfKind(readKeyslots(home, crypto), 'recovery') !== undefined
  } catch (error) {
    // A damaged file is told by the attempt to open it, not by a look at the status.
    if (error instanceof VaultError) return false
    throw error
  }
}

function memberView({ store, profiling }: OpenVault, row: MemberRow, member: HsmMember): MemberView {
  const { state, failure, token } = member.status
  const profile = store.read((tables) => tables.profiles.latest(row.serial))
  return {
    id: row.id,
    name: row.name,
    state,
    rung: row.rung,
    profiling: profiling.running(row.id) !== undefined,
    ...(profile === undefined ? {} : { profile: profileSummary(profile, token) }),
    ...(failure === undefined ? {} : { failure }),
    ...(token === undefined
      ? {}
      : {
          token: {
            label: token.label,
            serial: token.serial,
            manufacturer: token.manufacturer,
            model: token.model,
            firmware: token.firmware,
            library: `${token.library.description} ${token.library.version}`,
            mechanisms: token.mechanisms,
          },
        }),
  }
}

function folderName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path
}
