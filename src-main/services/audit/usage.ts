import type { Ambient } from '#core/ports/ambient.ts'
import type { Store } from '#core/ports/store.ts'
import type { Resource } from '../authorisation.ts'
import type { Operation, Targeted } from '../operation.ts'
import { auditQuery, auditRowView, type AuditRowView } from './views.ts'

const DAY = 24 * 60 * 60 * 1000

export interface TrailUsage {
  /** UTC, the oldest first, today's last. */
  days: { day: string; calls: number; failed: number }[]
  /** The last call that did what was asked, of the key if one is named. */
  last?: AuditRowView
}

/** Calls by day, of all or of one key, and the last use with its principal: from the trail's index. */
export function trailUsage({ ambient, store, resources }: { ambient: Ambient; store: Store; resources: readonly Resource[] }) {
  const readAuditUsage: Operation<{ days: number; keyId?: string | undefined }, Targeted, TrailUsage> = {
    name: 'ReadAuditUsage',
    action: 'holdfast:ReadAudit',
    readOnly: true,
    request: ({ days, keyId }) => ({ days, ...(keyId === undefined ? {} : { keyId }) }),
    check: () => undefined,
    target: () => ({ resources }),
    perform(call, _target, { days, keyId: key }) {
      const today = Math.floor(ambient.now() / DAY)
      const usage = store.read((tables) => {
        const count = (day: number, outcome?: string): number =>
          tables.audit.count(auditQuery(tables, call.scope, { key, outcome, from: new Date(day * DAY), to: new Date((day + 1) * DAY) }))
        const [last] = tables.audit.search(auditQuery(tables, call.scope, { key, outcome: 'ok' }), 1)
        return {
          days: Array.from({ length: days }, (_, i) => today - days + 1 + i).map((day) => ({ day: new Date(day * DAY).toISOString().slice(0, 10), calls: count(day), failed: count(day, 'failed') })),
          ...(last === undefined ? {} : { last: auditRowView(last) }),
        }
      })
      return { settle: () => usage }
    },
  }
  return { readAuditUsage }
}
