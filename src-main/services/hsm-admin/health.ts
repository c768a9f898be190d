import type { Ambient } from '#core/ports/ambient.ts'
import type { HsmMember, MemberSession } from '#core/ports/hsm.ts'
import { checkOf, type CheckId } from '#core/tokens/checks.ts'
import { noteOf } from '#core/tokens/details.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { Members } from '../members.ts'
import type { Operation } from '../operation.ts'
import type { Profiling } from '../profiling.ts'
import { memberTarget, type MemberTarget } from '../token-profiles.ts'

/** `skipped`: it was not asked, and the note says why. */
export interface HealthStep {
  readonly name: string
  readonly outcome: 'works' | 'fails' | 'skipped'
  readonly note?: string | undefined
  readonly microseconds?: number | undefined
}

export interface HealthView {
  /** Every step that was asked works. */
  readonly well: boolean
  readonly steps: HealthStep[]
}

/** Sealing there and back by either of the two rungs, with keys that live as long as their session. */
const SEALS = ['aes-gcm', 'hmac-sha-256'] as const satisfies readonly CheckId[]

/** How a member is now: does its token answer, how fast, and does it still seal. Nothing stays on the token. */
export function hsmHealth(parts: { ambient: Ambient; members: Members; profiling: Profiling }) {
  const checkHsmHealth: Operation<{ memberId: string }, MemberTarget, HealthView> = {
    name: 'CheckHsmHealth',
    action: 'holdfast:CheckHsmHealth',
    readOnly: true,
    request: ({ memberId }) => ({ memberId }),
    check: () => undefined,
    target: (tables, _scope, { memberId }) => memberTarget(tables, memberId),
    async perform(_call, { member: { id } }) {
      const member = parts.members.member(id)
      const answer = await randomStep(parts.ambient, member.session)
      const steps = [answer, ...(await sealSteps(member, reasonToSkip(parts.profiling, answer, id)))]
      const view = { well: steps.every(({ outcome }) => outcome !== 'fails'), steps }
      return {
        settle: () => view,
        response: () => ({ well: view.well, failing: steps.filter(({ outcome }) => outcome === 'fails').map(({ name }) => name) }),
      }
    },
  }
  return { checkHsmHealth }
}

/** Random bytes twice, over the sessions that the vault uses; the time is that of the faster call, with the way there and back. */
async function randomStep(ambient: Ambient, session: MemberSession): Promise<HealthStep> {
  const name = 'Answers with random bytes'
  try {
    const [first, second] = [await timed(ambient, () => session.random(32)), await timed(ambient, () => session.random(32))]
    const microseconds = Math.min(first.microseconds, second.microseconds)
    const differ = first.result.some((byte, place) => byte !== second.result[place])
    return differ ? { name, outcome: 'works', microseconds } : { name, outcome: 'fails', note: 'the same bytes twice', microseconds }
  } catch (error) {
    return { name, outcome: 'fails', note: textOf(error) }
  }
}

async function timed<T>(ambient: Ambient, work: () => Promise<T>): Promise<{ result: T; microseconds: number }> {
  const begun = ambient.monotonic()
  const result = await work()
  return { result, microseconds: Math.round((ambient.monotonic() - begun) * 1000) }
}

function reasonToSkip(profiling: Profiling, answer: HealthStep, id: MemberTarget['member']['id']): string | undefined {
  if (answer.outcome === 'fails') return 'the token does not answer'
  return profiling.running(id) === undefined ? undefined : 'the token is being tried out'
}

/** A mechanism that the token never had is no illness. */
async function sealSteps(member: HsmMember, skip: string | undefined): Promise<HealthStep[]> {
  if (skip !== undefined) return [{ name: 'Seals', outcome: 'skipped', note: skip }]
  try {
    const { results } = await member.tryOut(SEALS)
    return SEALS.map((id) => {
      const { name } = checkOf(id)
      const result = results[id]
      if (result === undefined || result.outcome === 'absent') return { name, outcome: 'skipped', note: 'the token does not list it' }
      if (result.outcome === 'works') return { name, outcome: 'works', microseconds: result.microseconds }
      return { name, outcome: 'fails', note: noteOf(id, result) ?? result.outcome }
    })
  } catch (error) {
    return [{ name: 'Seals', outcome: 'fails', note: textOf(error) }]
  }
}

/** The table's sentence of a declared failure; what is none is our own fault and stays one. */
function textOf(error: unknown): string {
  if (error instanceof VaultError) return error.message
  throw error
}
