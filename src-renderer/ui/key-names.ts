/** What a key is known by: its aliases and its id. */
export interface Named {
  readonly aliases: readonly string[]
  readonly keyId: string
}

/** The name that a person knows a key by. */
export function nameOf(key: Named): string {
  return key.aliases[0] ?? key.keyId
}
