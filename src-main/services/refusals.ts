import type { Ambient } from '#core/ports/ambient.ts'

const MINUTE = 60_000
/** More sources than this in one minute are counted as one: a flood must not fill memory or the trail. */
const MOST_SOURCES = 256

export interface RefusalCount {
  readonly source: string
  readonly agent: string
  /** Start of the minute, wall clock. */
  readonly minute: number
  readonly count: number
}

/** Calls that proved nobody, folded into one count per source and minute. */
export interface Refusals {
  note(source: string, agent: string): void
  /** The counts of minutes that are over, or of all, each handed out once. */
  take(which: 'finished' | 'all'): RefusalCount[]
}

export function createRefusals(ambient: Ambient): Refusals {
  const counts = new Map<string, RefusalCount>()
  return {
    note(source, agent) {
      const minute = Math.floor(ambient.now() / MINUTE) * MINUTE
      const name = counts.size < MOST_SOURCES ? source : 'many'
      const key = `${minute} ${name}`
      counts.set(key, { source: name, agent, minute, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    take(which) {
      const before = which === 'all' ? Infinity : Math.floor(ambient.now() / MINUTE) * MINUTE
      const taken = [...counts].filter(([, count]) => count.minute < before)
      for (const [key] of taken) counts.delete(key)
      return taken.map(([, count]) => count)
    },
  }
}
