import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import type { KeyRowView } from '#contract/vault.ts'
import { useKeys } from '#stores/keys.ts'
import { useListRoute } from './list-route.ts'

export const stateOptions = [
  { value: 'any', label: 'Any' },
  { value: 'Enabled', label: 'Enabled' },
  { value: 'Disabled', label: 'Disabled' },
  { value: 'PendingDeletion', label: 'Pending deletion' },
  { value: 'PendingReplicaDeletion', label: 'Pending replica deletion' },
  { value: 'PendingImport', label: 'Pending import' },
  { value: 'Unavailable', label: 'Unavailable' },
] as const

export const protectionOptions = [
  { value: 'any', label: 'Any' },
  { value: 'HSM', label: 'In the HSM' },
  { value: 'SEALED', label: 'Sealed' },
] as const

export interface ListFilter extends ReturnType<typeof useListRoute> {
  /** The keys that pass. */
  readonly rows: ComputedRef<readonly KeyRowView[]>
  clear(): void
}

/** Which of the loaded keys the list shows. Every word of the filter must be somewhere in what the row says. */
export function useListFilter(): ListFilter {
  const keys = useKeys()
  const route = useListRoute()
  /** What the filter looks in, made once for each load. */
  const texts = computed(() => new Map(keys.rows.map((row) => [row.keyId, [...row.aliases, row.keyId, row.description, row.spec, row.protection].join(' ').toLowerCase()])))

  return {
    ...route,
    rows: computed(() => {
      const words = route.filter.value.toLowerCase().split(/\s+/).filter(Boolean)
      return keys.rows.filter(
        (row) =>
          passes(route.state, row.state) && passes(route.protection, row.protection) && words.every((word) => texts.value.get(row.keyId)?.includes(word) === true),
      )
    }),
    clear: () => {
      route.clear()
    },
  }
}

function passes(chosen: WritableComputedRef<string>, value: string): boolean {
  return chosen.value === 'any' || chosen.value === value
}
