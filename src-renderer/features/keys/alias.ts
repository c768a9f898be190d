/** What is wrong with a new alias (AWS KMS CreateAlias: `alias/`, then 1 to 249 of letters, digits, `/`, `_`, `-`; `alias/aws/` is AWS's own). */
export function aliasProblem(alias: string, taken: ReadonlySet<string> = new Set()): string | undefined {
  if (!alias.startsWith('alias/')) return 'Start it with alias/, then a name.'
  const name = alias.slice('alias/'.length)
  if (name === '') return 'Give it a name after alias/.'
  if (!/^[a-zA-Z0-9/_-]+$/.test(name)) return 'Letters, digits, slashes, hyphens and underscores only.'
  if (alias.length > 256) return 'An alias has at most 256 characters.'
  if (alias.startsWith('alias/aws/')) return 'Names that begin with alias/aws/ are reserved.'
  if (taken.has(alias)) return 'Another key has this alias.'
  return undefined
}
