import { createHash, randomBytes } from 'node:crypto'
import type { Ambient } from '#core/ports/ambient.ts'
import type { Session } from '#services/sessions.ts'

/** One tab of a browser that came in through a one-time link. Being a visitor grants nothing but the transport. */
export interface Visitor {
  /** Who is signed in in this tab; kept here, so that a reload stays signed in. */
  session: Session | undefined
}

/** Who may reach the console's transport. Keeps no token, only SHA-256 hashes. */
export interface Admission {
  /** The token of a new one-time link: 32 random bytes in base64url, good once, for `LINK_LIFETIME`. */
  issueLink(): string
  /** Spends a link's token for a tab's token; undefined if it was spent, is too old, or never was. */
  exchange(link: string): string | undefined
  /** The tab behind a token; undefined if there is none. */
  visitor(token: string): Visitor | undefined
}

/** In milliseconds. */
export const LINK_LIFETIME = 60_000

/** More than a person opens; the oldest make way. */
const MOST_LINKS = 32
const MOST_VISITORS = 512

export function createAdmission(clock: Pick<Ambient, 'now' | 'monotonic'>): Admission {
  const links = new Map<string, Moment>()
  const visitors = new Map<string, Visitor>()

  /** By whichever clock says so first: the monotonic one stands still while the machine sleeps, the other can be set back. */
  function hasEnded(issued: Moment): boolean {
    return clock.now() - issued.wall >= LINK_LIFETIME || clock.monotonic() - issued.monotonic >= LINK_LIFETIME
  }

  return {
    issueLink() {
      const token = newToken()
      links.set(hash(token), { wall: clock.now(), monotonic: clock.monotonic() })
      dropOldest(links, MOST_LINKS)
      return token
    },

    exchange(link) {
      const key = hash(link)
      const issued = links.get(key)
      links.delete(key)
      if (issued === undefined || hasEnded(issued)) return undefined
      const token = newToken()
      visitors.set(hash(token), { session: undefined })
      dropOldest(visitors, MOST_VISITORS)
      return token
    },

    visitor: (token) => visitors.get(hash(token)),
  }
}

interface Moment {
  readonly wall: number
  readonly monotonic: number
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}

// Looking a random token up by its hash needs no constant time: what leaks is of the hash.
function hash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64')
}

/** A Map keeps the order in which its entries came. */
function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
