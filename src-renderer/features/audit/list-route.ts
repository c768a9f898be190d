import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { AuditFilter } from '#contract/audit.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How far back, in milliseconds; today begins at midnight here. */
const times = { any: undefined, hour: HOUR, today: 'today', week: 7 * DAY, month: 30 * DAY } as const
export type TimeChoice = keyof typeof times

export const timeOptions = [
  { value: 'any', label: 'Any' },
  { value: 'hour', label: 'Last hour' },
  { value: 'today', label: 'Today' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
] as const satisfies readonly { value: TimeChoice; label: string }[]

export const resultOptions = [
  { value: 'any', label: 'Any' },
  { value: 'ok', label: 'OK' },
  { value: 'failed', label: 'Refused or failed' },
  { value: 'AccessDeniedException', label: 'Access denied' },
] as const
type ResultChoice = (typeof resultOptions)[number]['value']

/** What people look for first; others are found by their name in the filter. */
export const events = [
  'Encrypt', 'Decrypt', 'GenerateDataKey', 'Sign', 'Verify', 'CreateKey', 'DisableKey', 'RotateKeyOnDemand', 'PutKeyPolicy', 'ScheduleKeyDeletion',
  'DeleteKey', 'UnlockVault', 'LockVault', 'SignIn',
] as const

export interface TrailRoute {
  readonly text: WritableComputedRef<string>
  readonly time: WritableComputedRef<TimeChoice>
  readonly event: WritableComputedRef<string>
  readonly result: WritableComputedRef<ResultChoice>
  readonly key: WritableComputedRef<string>
  readonly principal: WritableComputedRef<string>
  readonly chosen: WritableComputedRef<string | undefined>
  readonly filter: ComputedRef<AuditFilter>
  readonly filtered: ComputedRef<boolean>
  clear(): void
}

/** The filter and the chosen record, kept in the route so that every view of the trail is a link. */
export function useTrailRoute(): TrailRoute {
  const route = useRoute()
  const router = useRouter()
  const opened = Date.now()

  const read = (name: string): string => (typeof route.query[name] === 'string' ? route.query[name] : '')

  function write(name: string, value: string): void {
    const { [name]: _, ...rest } = route.query
    void router.replace({ query: value === '' ? rest : { ...rest, [name]: value } })
  }

  const text = (name: string): WritableComputedRef<string> => computed({ get: () => read(name), set: (value) => write(name, value) })
  function oneOf<Value extends string>(name: string, values: readonly { readonly value: Value }[], none: Value): WritableComputedRef<Value> {
    return computed({ get: () => values.find(({ value }) => value === read(name))?.value ?? none, set: (value) => write(name, value === none ? '' : value) })
  }

  const [words, key, principal] = [text('q'), text('key'), text('principal')]
  const event = computed({ get: () => read('event') || 'any', set: (value) => write('event', value === 'any' ? '' : value) })
  const time = oneOf('time', timeOptions, 'any')
  const result = oneOf('result', resultOptions, 'any')

  const filter = computed((): AuditFilter => {
    const back = times[time.value]
    const from = back === 'today' ? new Date(new Date(opened).setHours(0, 0, 0, 0)) : back === undefined ? undefined : new Date(opened - back)
    const typed = words.value.trim()
    const alias = typed.startsWith('alias/') ? typed : undefined
    return {
      ...(typed === '' || alias !== undefined ? {} : { text: typed }),
      ...(key.value === '' && alias === undefined ? {} : { key: alias ?? key.value }),
      ...(principal.value === '' ? {} : { principal: principal.value }),
      ...(event.value === 'any' ? {} : { operation: event.value }),
      ...(result.value === 'any' ? {} : { outcome: result.value }),
      ...(from === undefined ? {} : { from }),
    }
  })

  return {
    text: words, time, event, result, key, principal, filter,
    chosen: computed({ get: () => read('record') || undefined, set: (value) => write('record', value ?? '') }),
    filtered: computed(() => Object.keys(filter.value).length > 0),
    clear() {
      const { record } = route.query
      void router.replace({ query: record === undefined ? {} : { record } })
    },
  }
}
