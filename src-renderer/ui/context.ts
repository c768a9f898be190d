/** A pair of the encryption context while it is edited. */
export interface ContextPair {
  readonly name: string
  readonly value: string
}

/** What the pairs say, or what is wrong with the first that is not right. */
export type Context = { readonly ok: true; readonly map: Readonly<Record<string, string>> } | { readonly ok: false; readonly at: number; readonly problem: string }

/** The pairs as a map. Empty rows do not count; names are needed and must differ; nothing is trimmed, for a space is bound as well. */
export function readContext(pairs: readonly ContextPair[]): Context {
  const map: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [at, { name, value }] of pairs.entries()) {
    if (name === '' && value === '') continue
    if (name === '') return { ok: false, at, problem: 'Give this value a name.' }
    if (name in map) return { ok: false, at, problem: `There are two pairs named ${name}.` }
    if (!name.isWellFormed() || !value.isWellFormed()) return { ok: false, at, problem: 'This text holds half of a character.' }
    map[name] = value
  }
  return { ok: true, map: { ...map } }
}
