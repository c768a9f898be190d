import { eventOf, recordFacts } from '#core/audit/event.ts'
import type { Store } from '#core/ports/store.ts'
import type { OpenVault } from './open-vault.ts'

/** Numbers for a program that watches this one. No names of keys, principals or callers: whoever reaches the machine's loopback may read them. */
export interface VaultFigures {
  readonly unlocked: boolean
  /** Calls that were recorded since this process began to count, by operation and outcome. */
  readonly calls: readonly { readonly operation: string; readonly outcome: 'ok' | 'failed'; readonly count: number }[]
  /** Only while it is open. */
  readonly trail: { readonly records: number; readonly checkpointed: number } | undefined
  readonly keys: number | undefined
  /** HSM members by state, without their names. */
  readonly members: readonly { readonly state: string; readonly count: number }[]
}

/** Records that are read in one go. */
const STRIDE = 2_048

/** Counts calls from the trail itself: each look goes on where the last one ended, so that no call pays for being counted. */
export function createFigures(): (open: OpenVault | undefined) => VaultFigures {
  const calls = new Map<string, { operation: string; ok: number; failed: number }>()
  let counted: { readonly of: Store; next: number } | undefined

  function count(store: Store): void {
    // Another opening, from its end on: what happened before is no news.
    if (counted?.of !== store) counted = { of: store, next: counted === undefined ? store.read(({ audit }) => audit.next()) : counted.next }
    for (;;) {
      const from = counted.next
      const rows = store.read(({ audit }) => audit.page(from, STRIDE))
      for (const { leaf } of rows) {
        const { operation, failure } = recordFacts(eventOf(leaf))
        const seen = calls.get(operation) ?? { operation, ok: 0, failed: 0 }
        seen[failure === undefined ? 'ok' : 'failed'] += 1
        calls.set(operation, seen)
      }
      counted.next += rows.length
      if (rows.length < STRIDE) return
    }
  }

  return (open) => {
    if (open !== undefined) count(open.store)
    const states = open?.members.list().map(({ member }) => member.status.state) ?? []
    return {
      unlocked: open !== undefined,
      calls: [...calls.values()].flatMap(({ operation, ok, failed }) => [
        { operation, outcome: 'ok' as const, count: ok },
        { operation, outcome: 'failed' as const, count: failed },
      ]),
      trail: open?.store.read(({ audit }) => ({ records: audit.next(), checkpointed: audit.checkpoints(undefined, 1)[0]?.size ?? 0 })),
      keys: open?.store.read((tables) => tables.vault.accounts().reduce((sum, scope) => sum + tables.keys.count(scope), 0)),
      members: [...new Set(states)].map((state) => ({ state, count: states.filter((each) => each === state).length })),
    }
  }
}
