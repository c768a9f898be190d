export interface BackoffTimes {
  /** Milliseconds to wait after the first failure; doubled by each further one. */
  readonly first: number
  /** Milliseconds to wait at most. */
  readonly most: number
}

export const defaultBackoff: BackoffTimes = { first: 250, most: 30_000 }

/** How long after failures in a row nothing is tried by itself. */
export class Backoff {
  readonly #times: BackoffTimes
  #failures = 0
  #until = 0

  constructor(times: BackoffTimes) {
    this.#times = times
  }

  /** Whether it is too early to try again. */
  get waiting(): boolean {
    return performance.now() < this.#until
  }

  failed(): void {
    this.#until = performance.now() + Math.min(this.#times.most, this.#times.first * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 30)
  }

  succeeded(): void {
    this.#failures = 0
    this.#until = 0
  }
}
