import { computed, type ComputedRef } from 'vue'
import type { KeyRowView } from '#contract/vault.ts'
import { readContext, type Context } from '#ui/context.ts'
import { isSymmetric } from '#ui/key-usages.ts'
import { useFileQueue, type FileItem } from '#stores/file-queue.ts'
import { useKeys } from '#stores/keys.ts'
import { planOf, type Plan } from './plan.ts'

export interface StagedFile {
  readonly item: FileItem
  readonly plan: Plan
}

interface FileSettings {
  /** Keys that can encrypt. */
  readonly usable: ComputedRef<readonly KeyRowView[]>
  readonly byArn: ComputedRef<ReadonlyMap<string, KeyRowView>>
  readonly context: ComputedRef<Context>
  readonly staged: ComputedRef<readonly StagedFile[]>
  /** Files of which something would be made. */
  readonly startable: ComputedRef<readonly StagedFile[]>
  /** Why they cannot be started. */
  readonly blocked: ComputedRef<string | undefined>
  start(): void
}

/** The files that were given, what would happen to each, and the start of it all. */
export function useFileSettings(): FileSettings {
  const keys = useKeys()
  const queue = useFileQueue()

  const usable = computed(() => keys.rows.filter((row) => row.state === 'Enabled' && isSymmetric(row)))
  const byArn = computed(() => new Map(keys.rows.map((row) => [row.arn, row])))
  const context = computed(() => readContext(queue.settings.pairs.map(([name, value]) => ({ name, value }))))
  const map = computed(() => (context.value.ok ? context.value.map : {}))
  const staged = computed(() => queue.staged.map((item) => ({ item, plan: planOf(item, { byArn: byArn.value, context: map.value }) })))
  const startable = computed(() => staged.value.filter(({ plan }) => plan.act === 'encrypt' || plan.act === 'decrypt'))
  const chosen = computed(() => usable.value.find(({ keyId }) => keyId === queue.settings.keyId))
  const blocked = computed(() => {
    if (staged.value.some(({ plan }) => plan.act === 'looking')) return 'Headers are still being read.'
    if (startable.value.length === 0) return 'Add files first: none of those here is encrypted or decrypted.'
    if (!context.value.ok) return context.value.problem
    return chosen.value === undefined && startable.value.some(({ plan }) => plan.act === 'encrypt') ? 'Choose a key to encrypt under.' : undefined
  })

  return {
    usable,
    byArn,
    context,
    staged,
    startable,
    blocked,
    start() {
      if (blocked.value !== undefined) return
      const { existing, folder } = queue.settings
      for (const { item, plan } of startable.value) {
        const kind = plan.act === 'encrypt' ? 'encrypt' : 'decrypt'
        // Who chose to decrypt in spite of another context takes the file's own.
        const expected = kind === 'decrypt' && item.wish === 'decrypt' ? {} : map.value
        queue.start(item.id, { kind, context: expected, existing, ...(kind === 'encrypt' ? { keyId: queue.settings.keyId } : {}), ...(folder === undefined ? {} : { folder }) })
      }
    },
  }
}
