import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { TableSort } from '#ui/table.ts'

const states = ['any', 'Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable'] as const
const protections = ['any', 'HSM', 'SEALED'] as const

interface ListRoute {
  readonly filter: WritableComputedRef<string>
  readonly state: WritableComputedRef<(typeof states)[number]>
  readonly protection: WritableComputedRef<(typeof protections)[number]>
  readonly sort: WritableComputedRef<TableSort>
  /** Drops the filter and keeps the order. */
  clear(): void
}

/** The list's filter and order, kept in the route so that every view of it is a link. */
export function useListRoute(): ListRoute {
  const route = useRoute()
  const router = useRouter()

  function read(name: string): string {
    const value = route.query[name]
    return typeof value === 'string' ? value : ''
  }

  function write(name: string, value: string): void {
    const { [name]: _, ...rest } = route.query
    void router.replace({ query: value === '' ? rest : { ...rest, [name]: value } })
  }

  function oneOf<Value extends string>(name: string, values: readonly [Value, ...Value[]]): WritableComputedRef<Value> {
    return computed({
      get: () => values.find((value) => value === read(name)) ?? values[0],
      set: (value) => write(name, value === values[0] ? '' : value),
    })
  }

  return {
    filter: computed({ get: () => read('q'), set: (text) => write('q', text) }),
    state: oneOf('state', states),
    protection: oneOf('protection', protections),
    sort: computed({
      get: () => {
        const text = read('sort')
        return text === '' ? { id: 'alias', descending: false } : { id: text.replace(/^-/, ''), descending: text.startsWith('-') }
      },
      set: ({ id, descending }) => write('sort', id === 'alias' && !descending ? '' : `${descending ? '-' : ''}${id}`),
    }),
    clear() {
      const { sort } = route.query
      void router.replace({ query: sort === undefined ? {} : { sort } })
    },
  }
}
