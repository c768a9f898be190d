import type { Tag } from '#core/vocabulary/kms.ts'

/** The most tags of one key (AWS KMS). */
const MOST = 50

/** The rows in which something was typed. */
export function filled(tags: readonly Tag[]): Tag[] {
  return tags.filter(({ TagKey, TagValue }) => TagKey !== '' || TagValue !== '').map(({ TagKey, TagValue }) => ({ TagKey, TagValue }))
}

/** What is wrong with the tags (AWS KMS Tag: names of 1 to 128 characters, each once, none beginning with `aws:`; values up to 256). */
export function tagsProblem(tags: readonly Tag[]): string | undefined {
  const names = new Set<string>()
  for (const { TagKey, TagValue } of filled(tags)) {
    if (TagKey === '') return 'Give each tag a name.'
    if (names.has(TagKey)) return `There are two tags named ${TagKey}.`
    if (/^aws:/i.test(TagKey)) return 'Names that begin with aws: are reserved.'
    if (TagKey.startsWith('holdfast:')) return 'Names that begin with holdfast: are reserved.'
    if (TagKey.length > 128 || TagValue.length > 256) return 'A name has at most 128 characters, a value 256.'
    names.add(TagKey)
  }
  return names.size > MOST ? `A key has at most ${MOST} tags.` : undefined
}

/** What makes the first tags into the second: tags to set, and names to take away. */
export function tagChanges(before: readonly Tag[], after: readonly Tag[]): { readonly set: Tag[]; readonly removed: string[] } {
  const now = filled(after)
  return {
    set: now.filter((tag) => !before.some(({ TagKey, TagValue }) => TagKey === tag.TagKey && TagValue === tag.TagValue)),
    removed: before.map(({ TagKey }) => TagKey).filter((name) => !now.some(({ TagKey }) => TagKey === name)),
  }
}
