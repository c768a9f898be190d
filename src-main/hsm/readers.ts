// Readers of what a host answers. A host has a vendor's library inside: what comes out of it is `unknown` until read here.
// A reader throws TypeError for another shape; the host is then ended as one that cannot be believed.

export type Read<T> = (value: unknown) => T

/**
 * Bytes as a buffer of their own. What arrives is a view of the whole message (fork) and may be secret: the view is zeroed,
 * so that the copy given out is the only one left for the caller to wipe.
 */
export function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError('no bytes')
  const own = Uint8Array.from(value)
  value.fill(0)
  return own
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text')
  return value
}

export function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError('no count')
  return value
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('no flag')
  return value
}

export function nothing(value: unknown): undefined {
  if (value !== undefined && value !== null) throw new TypeError('not nothing')
}

/** `undefined` may arrive as null from some channels. */
export function optional<T>(read: Read<T>): Read<T | undefined> {
  return (value) => (value === undefined || value === null ? undefined : read(value))
}

export function list<T>(read: Read<T>): Read<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError('no list')
    return value.map((item) => read(item))
  }
}

export function oneOf<const T extends string>(...words: readonly T[]): Read<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value)
    if (word === undefined) throw new TypeError('no such word')
    return word
  }
}

export function record<T extends object>(fields: { readonly [K in keyof T]: Read<T[K]> }): Read<T> {
  const readers = Object.entries<Read<unknown>>(fields)
  return (value) => {
    if (typeof value !== 'object' || value === null) throw new TypeError('no record')
    return Object.fromEntries(readers.map(([name, read]) => [name, read((value as Record<string, unknown>)[name])])) as T
  }
}
