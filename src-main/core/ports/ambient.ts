/** The world's inputs that are not devices: time, identifiers, randomness. Tests give their own. */
export interface Ambient {
  /** Wall clock, milliseconds since 1970-01-01 UTC. May jump in either direction. */
  now(): number
  /** A clock that never goes backwards, milliseconds from an arbitrary start. */
  monotonic(): number
  /** Resolves after the given milliseconds; rejects with CANCELLED when the signal aborts. */
  wait(milliseconds: number, signal?: AbortSignalLike): Promise<void>
  /** A random UUID (version 4), lower case. */
  uuid(): string
  /** Bytes of the operating system's random generator. The caller owns the result. */
  random(length: number): Uint8Array<ArrayBuffer>
}

/** The part of AbortSignal that the core and services need; the DOM's and Node's both fit. */
export interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
