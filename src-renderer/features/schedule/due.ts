import type { KeyRowView } from '#contract/vault.ts'

/** Something that happens to a key by itself. */
export interface Due {
  readonly key: KeyRowView
  readonly kind: 'deletion' | 'rotation'
  readonly at: Date
  /** It does not happen while the key is as it is. */
  readonly waits: boolean
}

/** All that is to come, the next first; what is past its date comes first of all. */
export function dueOf(rows: readonly KeyRowView[]): readonly Due[] {
  return rows
    .flatMap((key): Due[] => [
      ...(key.deletesAt === undefined ? [] : [{ key, kind: 'deletion', at: key.deletesAt, waits: false } as const]),
      // A key that is to be deleted is not rotated any more.
      ...(key.rotation === undefined || key.deletesAt !== undefined ? [] : [{ key, kind: 'rotation', at: key.rotation.nextAt, waits: key.state !== 'Enabled' } as const]),
    ])
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** What falls on one spot of the timeline, drawn as one. */
export interface Spot {
  /** 0 to 1 of the span. */
  readonly at: number
  readonly dues: readonly Due[]
}

/** The room of a mark and the name beside it, as a part of the span: what stands nearer is drawn as one. */
const ROOM = 0.14
/** From here on a name stands before its mark. */
export const TURN = 1 - ROOM

/** The marks of one lane over a span that begins now. What is past its date stands at its beginning; what waits is not shown. */
export function spotsOf(dues: readonly Due[], now: number, span: number): readonly Spot[] {
  const spots: { at: number; dues: Due[] }[] = []
  for (const due of dues) {
    const at = Math.max(0, (due.at.getTime() - now) / span)
    if (at > 1 || due.waits) continue
    const last = spots.at(-1)
    if (last !== undefined && at - last.at < (at > TURN && last.at <= TURN ? 2 * ROOM : ROOM)) last.dues.push(due)
    else spots.push({ at, dues: [due] })
  }
  return spots
}
