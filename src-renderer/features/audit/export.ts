import { shallowRef, type ShallowRef } from 'vue'
import type { AuditFilter } from '#contract/audit.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { fileName, saveText } from './save.ts'

export type ExportFormat = 'csv' | 'jsonl'

const types = { csv: 'text/csv', jsonl: 'application/x-ndjson' } as const satisfies Record<ExportFormat, string>

/** Records that pass the filter as a file, read in pages; `share` is how far it is, 0 to 1. Cancelling drops what was read. */
export function useTrailExport(): { share: ShallowRef<number | undefined>; run: Action<[ExportFormat, AuditFilter], void>; cancel: () => void } {
  const api = useApi()
  const share = shallowRef<number>()
  let ending: AbortController | undefined

  const run = useAction(async (format: ExportFormat, filter: AuditFilter) => {
    const { signal } = (ending = new AbortController())
    share.value = 0
    try {
      const parts: string[] = []
      for (let at: number | undefined = 0; at !== undefined;) {
        const page: { text: string; next?: number | undefined; of: number } = await api.audit.page({ ...filter, at, format })
        if (signal.aborted) return
        parts.push(page.text)
        at = page.next
        share.value = (at ?? page.of) / Math.max(1, page.of)
      }
      saveText(fileName('audit', format), parts, types[format])
    } finally {
      share.value = undefined
    }
  })
  return { share, run, cancel: () => ending?.abort() }
}
