import type { TokenFacts, TrialOptions } from '#core/ports/hsm.ts'
import { checkOf, type CheckId } from '#core/tokens/checks.ts'
import type { CheckResult, CheckResults } from '#core/tokens/profile.ts'
import { VaultError, unreachable } from '#core/vocabulary/failures.ts'
import { ckrName } from './ckr.ts'
import { failureOf } from './failures.ts'
import { HostGone, HostRefused, type HostLink } from './link.ts'
import type { Verdict } from './protocol.ts'

/** A host whose token is open and logged in. */
export interface OpenedHost {
  readonly link: HostLink
  readonly facts: TokenFacts
}

interface World {
  /** The member's name, for messages. */
  readonly member: string
  /** A new host. Throws the member's failures. */
  open(): Promise<OpenedHost>
}

/**
 * Runs checks one by one. A host that crashes or hangs in one has given its result; so has one that twice, in two processes, says that
 * token or session has gone. Each time the next check gets a new host. Throws what a new host cannot be opened for, and CANCELLED.
 */
export async function tryOut(world: World, checks: readonly CheckId[], { signal, trying }: TrialOptions): Promise<{ facts: TokenFacts; results: CheckResults }> {
  let host: OpenedHost | undefined
  const cancel = (): void => { host?.link.end('closed', 'the trials were cancelled') }
  signal?.addEventListener('abort', cancel, { once: true })

  async function opened(): Promise<OpenedHost> {
    requireWanted()
    host ??= await world.open()
    requireWanted()
    return host
  }

  function requireWanted(): void {
    if (signal?.aborted === true) throw new VaultError('CANCELLED')
  }

  /** The result, or why this host can give none. */
  async function ask(id: CheckId): Promise<CheckResult | HostRefused> {
    const { link } = await opened()
    try {
      return resultOf(await link.call(checkOf(id).slow === true ? 'tryOutSlowly' : 'tryOut', [id]))
    } catch (thrown) {
      requireWanted()
      await drop()
      if (thrown instanceof HostGone) return resultOfEnd(thrown)
      if (thrown instanceof HostRefused && thrown.refusal.kind === 'ckr') return thrown
      throw failureOf(thrown, world.member).error
    }
  }

  async function drop(): Promise<void> {
    const link = host?.link
    host = undefined
    link?.end('closed', 'the trials are done with it')
    await link?.exited
  }

  try {
    const { facts } = await opened()
    const results: Partial<Record<CheckId, CheckResult>> = {}
    for (const [place, id] of checks.entries()) {
      trying?.(id, place)
      const first = await ask(id)
      const answer = first instanceof HostRefused ? await ask(id) : first
      results[id] = answer instanceof HostRefused ? { outcome: 'refused', ckr: nameOf(answer) } : answer
    }
    return { facts, results }
  } finally {
    signal?.removeEventListener('abort', cancel)
    await drop()
  }
}

function resultOf({ outcome, ckr, detail, microseconds }: Verdict): CheckResult {
  return {
    outcome,
    ...(ckr === undefined ? {} : { ckr: ckrName(ckr) }),
    ...(detail === undefined ? {} : { detail }),
    ...(microseconds === undefined ? {} : { microseconds }),
  }
}

function resultOfEnd(gone: HostGone): CheckResult {
  return { outcome: gone.end === 'hung' ? 'hang' : 'crash', detail: gone.message }
}

function nameOf({ refusal }: HostRefused): string {
  return refusal.kind === 'ckr' ? ckrName(refusal.ckr) : unreachable('a verdict without a return value')
}
