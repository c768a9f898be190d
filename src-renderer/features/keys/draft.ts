import { computed, reactive, type ComputedRef } from 'vue'
import type { KeySpec, KeyUsage, Tag } from '#core/vocabulary/kms.ts'
import { isSymmetric } from '#ui/key-usages.ts'
import type { Call } from '#ui/terminal.ts'
import { aliasProblem } from './alias.ts'
import { kinds, type Kind } from './offers.ts'
import { USUAL_PERIOD } from './rotation.ts'
import { filled, tagsProblem } from './tags.ts'

/** A key that is being thought about: nothing of it exists before the review. */
export interface Draft {
  kind: Kind
  spec: KeySpec
  /** Empty, or a whole alias. */
  alias: string
  description: string
  tags: Tag[]
  /** May have replicas in other Regions; it cannot become so later. */
  multiRegion: boolean
  /** Automatic rotation, where the spec has it. */
  rotates: boolean
  /** Days; undefined while what is typed is no period. */
  periodDays: number | undefined
}

export interface DraftState {
  readonly draft: Draft
  readonly usage: ComputedRef<KeyUsage>
  /** Whether it will rotate by itself: only symmetric encryption keys can. */
  readonly rotates: ComputedRef<boolean>
  /** Something was chosen or typed that would be lost. */
  readonly touched: ComputedRef<boolean>
  readonly aliasError: ComputedRef<string | undefined>
  readonly tagsError: ComputedRef<string | undefined>
  readonly rotationError: ComputedRef<string | undefined>
  /** The calls that would make it. */
  readonly calls: ComputedRef<readonly Call[]>
}

/** `taken`: aliases that other keys have. */
export function useDraft(taken: () => ReadonlySet<string>): DraftState {
  const draft = reactive<Draft>({ kind: 'encrypt', spec: 'SYMMETRIC_DEFAULT', alias: '', description: '', tags: [], multiRegion: false, rotates: true, periodDays: USUAL_PERIOD })

  const tags = computed(() => filled(draft.tags))
  const usage = computed(() => kinds[draft.kind].usage)
  const rotates = computed(() => draft.rotates && isSymmetric(draft))
  return {
    draft,
    usage,
    rotates,
    touched: computed(() => draft.kind !== 'encrypt' || draft.alias !== '' || draft.description !== '' || draft.multiRegion || tags.value.length > 0 || !draft.rotates || draft.periodDays !== USUAL_PERIOD),
    aliasError: computed(() => (draft.alias === '' ? undefined : aliasProblem(draft.alias, taken()))),
    tagsError: computed(() => tagsProblem(draft.tags)),
    rotationError: computed(() => (rotates.value && draft.periodDays === undefined ? 'A period has 90 to 2,560 days.' : undefined)),
    calls: computed(() => {
      const create: Call = {
        operation: 'CreateKey',
        members: [
          { name: 'KeySpec', value: { kind: 'text', text: draft.spec } },
          { name: 'KeyUsage', value: { kind: 'text', text: usage.value } },
          ...(draft.multiRegion ? [{ name: 'MultiRegion', value: { kind: 'flag' } } as const] : []),
          ...(draft.description === '' ? [] : [{ name: 'Description', value: { kind: 'text', text: draft.description } } as const]),
          ...(tags.value.length === 0 ? [] : [{ name: 'Tags', value: { kind: 'tags', tags: tags.value } } as const]),
        ],
        takes: { member: 'KeyMetadata.KeyId', variable: 'KEY_ID' },
      }
      const alias: Call = {
        operation: 'CreateAlias',
        members: [
          { name: 'AliasName', value: { kind: 'text', text: draft.alias } },
          { name: 'TargetKeyId', value: { kind: 'variable', variable: 'KEY_ID' } },
        ],
      }
      const rotation: Call = {
        operation: 'EnableKeyRotation',
        members: [
          { name: 'KeyId', value: { kind: 'variable', variable: 'KEY_ID' } },
          { name: 'RotationPeriodInDays', value: { kind: 'number', number: draft.periodDays ?? USUAL_PERIOD } },
        ],
      }
      return [create, ...(rotates.value ? [rotation] : []), ...(draft.alias === '' ? [] : [alias])]
    }),
  }
}
