import { VaultError } from '../vocabulary/failures.ts'
import type { Tag } from '../vocabulary/kms.ts'

const MOST = 50

/** Tags as given at creation, checked in AWS's words. Throws TagException. */
export function newTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MOST) throw new VaultError('TagException', { text: 'Too many tags' })
  if (new Set(tags.map((tag) => tag.TagKey)).size !== tags.length) throw new VaultError('TagException', { text: 'Duplicate tag keys' })
  if (tags.some((tag) => /^aws:/i.test(tag.TagKey))) throw new VaultError('TagException', { text: 'Tags beginning with aws: are reserved' })
  if (tags.some((tag) => tag.TagKey.startsWith('holdfast:'))) throw new VaultError('TagException', { text: 'Tags beginning with holdfast: are reserved' })
  return tags
}

/** Existing tags with others added or replaced, in AWS's way: an existing key gets the new value. Throws TagException. */
export function withTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  newTags(added)
  const kept = existing.filter((tag) => !added.some((other) => other.TagKey === tag.TagKey))
  return newTags([...kept, ...added])
}
