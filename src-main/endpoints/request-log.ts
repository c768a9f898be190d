import type { RequestLine } from '#core/ports/endpoint.ts'

/** The newest requests, in memory only. */
export interface RequestLog {
  add(line: RequestLine): void
  /** The newest first. */
  lines(): RequestLine[]
}

const MOST_LINES = 500

export function createRequestLog(): RequestLog {
  const ring: RequestLine[] = []
  let next = 0
  return {
    add(line) {
      ring[next % MOST_LINES] = line
      next += 1
    },
    lines() {
      const oldest = next % MOST_LINES
      return [...ring.slice(oldest), ...ring.slice(0, oldest)].reverse()
    },
  }
}
