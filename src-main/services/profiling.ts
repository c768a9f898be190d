import type { AbortSignalLike, Ambient } from '#core/ports/ambient.ts'
import type { Store, Tables } from '#core/ports/store.ts'
import { chooseRung } from '#core/sealing/rung.ts'
import { CHECKS_EDITION, checkIds, type CheckId } from '#core/tokens/checks.ts'
import { changedSince, claimsOf, identityOf, type TokenProfile } from '#core/tokens/profile.ts'
import type { Json } from '#core/vocabulary/canonical.ts'
import { VaultError } from '#core/vocabulary/failures.ts'
import type { MemberId } from '#core/vocabulary/ids.ts'
import { appendRecord, vaultEvent } from './audit.ts'
import { createCancellation } from './cancellation.ts'
import type { Members } from './members.ts'
import { profileRecord } from './profile-view.ts'

/** Trying out tokens (docs/adr/0011-capability-profile.md). One run per member: who asks while it runs joins it. */
export interface Profiling {
  /** The run under way on a member. */
  running(member: MemberId): RunningProfile | undefined
  /**
   * Tries every check; `tell` is called as the run goes on. An aborted signal ends the run for all who joined it.
   * Throws the member's failures, CANCELLED.
   */
  run(member: MemberId, watch: { signal: AbortSignalLike; tell: () => void }): Promise<TokenProfile>
  /** Keeps a profile and lets the member's new material have the rung that it allows. */
  keep(tables: Tables, member: MemberId, profile: TokenProfile): void
  /** Tries out, without a caller, every ready member whose token has no profile that still holds. */
  refresh(): Promise<void>
  /** Ends every run and resolves when none is under way. */
  close(): Promise<void>
}

export interface RunningProfile {
  readonly check: CheckId
  /** Checks that are done. */
  readonly tried: number
  readonly of: number
}

interface Run {
  now: RunningProfile
  readonly tellers: Set<() => void>
  readonly cancel: () => void
  readonly result: Promise<TokenProfile>
}

export function createProfiling(parts: { ambient: Ambient; store: Store; members: Members; changed: () => void }): Profiling {
  const { ambient, store, members } = parts
  const runs = new Map<MemberId, Run>()
  let refreshing: Promise<void> = Promise.resolve()
  let closed = false

  function start(id: MemberId): Run {
    const cancellation = createCancellation()
    const tellers = new Set<() => void>()
    const run: Run = {
      now: { check: checkIds[0] ?? 'random', tried: 0, of: checkIds.length },
      tellers,
      cancel: cancellation.cancel,
      result: tryOut(id, cancellation.signal, (check, tried) => {
        run.now = { check, tried, of: checkIds.length }
        for (const tell of tellers) tell()
      }).finally(() => {
        runs.delete(id)
        parts.changed()
      }),
    }
    runs.set(id, run)
    // Page and command line look when the status changes: a run in the background shows itself so.
    parts.changed()
    return run
  }

  async function tryOut(id: MemberId, signal: AbortSignalLike, trying: (check: CheckId, place: number) => void): Promise<TokenProfile> {
    const at = ambient.now()
    const started = ambient.monotonic()
    const { facts, results } = await members.member(id).tryOut(checkIds, { signal, trying })
    return {
      identity: identityOf(facts),
      claims: claimsOf(facts),
      edition: CHECKS_EDITION,
      at,
      milliseconds: Math.round(ambient.monotonic() - started),
      results,
    }
  }

  async function refreshOne(id: MemberId): Promise<void> {
    const requestId = ambient.uuid()
    const scope = store.read((tables) => tables.vault.get())
    const who = { principal: undefined, connection: { source: 'holdfast', agent: 'holdfast' }, scope, requestId }

    function record(request: Json, failure?: VaultError): (tables: Tables) => void {
      return (tables) => { appendRecord(ambient, tables, vaultEvent('RunHsmProfile', who, request, failure)) }
    }

    try {
      const profile = await (runs.get(id) ?? start(id)).result
      await store.write((tables) => {
        profiling.keep(tables, id, profile)
        record({ memberId: id, ...profileRecord(profile) })(tables)
      })
      parts.changed()
    } catch (error) {
      if (closed) return
      // Nobody waits for this run: what hindered it is told by the trail, and by the member's own state. The next unlock tries again.
      const failure = error instanceof VaultError ? error : new VaultError('INTERNAL', { incident: requestId })
      await store.write(record({ memberId: id }, failure)).catch((second: unknown) => {
        // A store that takes no record any more tells whoever calls next.
        if (!(second instanceof VaultError)) throw second
      })
    }
  }

  const profiling: Profiling = {
    running: (member) => runs.get(member)?.now,

    async run(member, { signal, tell }) {
      if (closed) throw new VaultError('CANCELLED')
      const run = runs.get(member) ?? start(member)
      run.tellers.add(tell)
      signal.addEventListener('abort', run.cancel, { once: true })
      if (signal.aborted) run.cancel()
      try {
        return await run.result
      } finally {
        signal.removeEventListener('abort', run.cancel)
        run.tellers.delete(tell)
      }
    },

    keep(tables, member, profile) {
      tables.profiles.put(profile)
      const rung = chooseRung(profile.results)
      // A token that can seal no more keeps its rung: making a key on it fails by itself, and says how.
      if (rung === undefined || tables.members.get(member)?.rung === rung) return
      tables.members.setRung(member, rung)
      members.noteRung(member, rung)
    },

    refresh() {
      refreshing = refreshing.then(async () => {
        for (const { row, member } of members.list()) {
          const { token } = member.status
          if (closed || member.status.state !== 'ready' || token === undefined) continue
          const known = store.read((tables) => tables.profiles.get(identityOf(token)))
          if (known === undefined || changedSince(known, identityOf(token), CHECKS_EDITION).length > 0) await refreshOne(row.id)
        }
      })
      return refreshing
    },

    async close() {
      closed = true
      const ending = [...runs.values()]
      for (const run of ending) run.cancel()
      await Promise.allSettled([...ending.map((run) => run.result), refreshing])
    },
  }
  return profiling
}
