import { computed, reactive, type ComputedRef } from 'vue'
import type { Tag } from '#core/vocabulary/kms.ts'
import { aliasProblem } from './alias.ts'
import type { Call } from '#ui/terminal.ts'

/** A key that is being thought about: nothing of it exists before the review. */
export interface Draft {
  spec: 'SYMMETRIC_DEFAULT'
  /** Empty, or a whole alias. */
  alias: string
  description: string
  tags: Tag[]
}

export interface DraftState {
  readonly draft: Draft
  /** Something was typed that would be lost. */
  readonly touched: ComputedRef<boolean>
  readonly aliasError: ComputedRef<string | undefined>
  readonly tagsError: ComputedRef<string | undefined>
  /** The calls that would make it. */
  readonly calls: ComputedRef<readonly Call[]>
}

/** `taken`: aliases that other keys have. */
export function useDraft(taken: () => ReadonlySet<string>): DraftState {
  const draft = reactive<Draft>({ spec: 'SYMMETRIC_DEFAULT', alias: '', description: '', tags: [] })

  const tags = computed(() => filled(draft.tags))
  return {
    draft,
    touched: computed(() => draft.alias !== '' || draft.description !== '' || tags.value.length > 0),
    aliasError: computed(() => (draft.alias === '' ? undefined : aliasProblem(draft.alias, taken()))),
    tagsError: computed(() => tagsProblem(draft.tags)),
    calls: computed(() => {
      const create: Call = {
        operation: 'CreateKey',
        members: [
          { name: 'KeySpec', value: { kind: 'text', text: draft.spec } },
          { name: 'KeyUsage', value: { kind: 'text', text: 'ENCRYPT_DECRYPT' } },
          ...(draft.description === '' ? [] : [{ name: 'Description', value: { kind: 'text', text: draft.description } } as const]),
          ...(tags.value.length === 0 ? [] : [{ name: 'Tags', value: { kind: 'tags', tags: tags.value } } as const]),
        ],
      }
      const alias: Call = {
        operation: 'CreateAlias',
        members: [
          { name: 'AliasName', value: { kind: 'text', text: draft.alias } },
          { name: 'TargetKeyId', value: { kind: 'text', text: 'KEY_ID' } },
        ],
      }
      return draft.alias === '' ? [create] : [create, alias]
    }),
  }
}

/** The rows in which something was typed. */
export function filled(tags: readonly Tag[]): Tag[] {
  return tags.filter(({ TagKey, TagValue }) => TagKey !== '' || TagValue !== '').map(({ TagKey, TagValue }) => ({ TagKey, TagValue }))
}

/** What is wrong with the tags (AWS KMS Tag: names of 1 to 128 characters, each once, none beginning with `aws:`; values up to 256). */
function tagsProblem(tags: readonly Tag[]): string | undefined {
  const names = new Set<string>()
  for (const { TagKey, TagValue } of filled(tags)) {
    if (TagKey === '') return 'Give each tag a name.'
    if (names.has(TagKey)) return `There are two tags named ${TagKey}.`
    if (TagKey.startsWith('aws:')) return 'Names that begin with aws: are reserved.'
    if (TagKey.length > 128 || TagValue.length > 256) return 'A name has at most 128 characters, a value 256.'
    names.add(TagKey)
  }
  return undefined
}
