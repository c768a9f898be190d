import { createSortedRowModel, rowSortingFeature, tableFeatures, useTable } from '@tanstack/vue-table'
import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, type ComputedRef, type Ref } from 'vue'
import type { TableColumn, TableSort } from './table.ts'
import { tokenPixels } from './tokens.ts'

/** Rows beyond both edges of the view that are kept in the document, so that scrolling shows no gaps. */
const OVERSCAN = 8

export interface TableModel<Row> {
  /** All rows in their order, by key. */
  readonly sorted: ComputedRef<readonly { readonly id: string; readonly original: Row }[]>
  /** The rows that are in the document, and where they stand. */
  readonly shown: ComputedRef<readonly { readonly key: string; readonly row: Row; readonly index: number; readonly start: number }[]>
  /** Height of all rows, in pixels. */
  readonly height: ComputedRef<number>
  /** First and last row that a person sees, counted from 1. */
  readonly inView: ComputedRef<{ readonly first: number; readonly last: number }>
  scrollTo(index: number): void
}

/** Sorting and the window of rows. Props come as functions, so that they stay alive. */
export function useTableModel<Row extends object>(
  props: { readonly rows: () => readonly Row[]; readonly columns: () => readonly TableColumn<Row>[]; readonly rowKey: (row: Row) => string },
  sort: Ref<TableSort>,
  root: Ref<HTMLElement | null>,
  /** Something floats over the last rows: let them be scrolled above it. */
  covered: Ref<boolean>,
): TableModel<Row> {
  const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })
  const table = useTable({
    features,
    columns: computed(() =>
      props.columns().map(({ id, by }) => ({
        id,
        accessorFn: (row: Row) => by?.(row),
        sortFn: (a: { original: unknown }, b: { original: unknown }) => compare(by?.(a.original as Row), by?.(b.original as Row)),
        sortUndefined: 'last' as const,
      })),
    ),
    data: computed(() => props.rows()),
    getRowId: (row: Row) => props.rowKey(row),
    state: computed(() => ({ sorting: props.columns().some(({ id }) => id === sort.value.id) ? [{ id: sort.value.id, desc: sort.value.descending }] : [] })),
  })
  const sorted = computed(() => table.getRowModel().rows)

  const rowHeight = tokenPixels('--row')
  const headHeight = tokenPixels('--row-head')
  const cover = tokenPixels('--bulk-bar')
  const virtualizer = useVirtualizer(
    computed(() => ({
      count: sorted.value.length,
      getScrollElement: () => root.value,
      estimateSize: () => rowHeight,
      getItemKey: (index: number) => sorted.value[index]?.id ?? index,
      scrollPaddingStart: headHeight,
      scrollPaddingEnd: covered.value ? cover : 0,
      paddingEnd: covered.value ? cover : 0,
      overscan: OVERSCAN,
    })),
  )

  return {
    sorted,
    shown: computed(() =>
      virtualizer.value.getVirtualItems().flatMap(({ index, start }) => {
        const row = sorted.value[index]
        return row === undefined ? [] : [{ key: row.id, row: row.original, index, start }]
      }),
    ),
    height: computed(() => virtualizer.value.getTotalSize()),
    inView: computed(() => {
      const top = (virtualizer.value.scrollOffset ?? 0) / rowHeight
      const fits = ((virtualizer.value.scrollRect?.height ?? 0) - headHeight) / rowHeight
      const count = sorted.value.length
      return { first: Math.min(count, Math.floor(top) + 1), last: Math.min(count, Math.max(1, Math.floor(top + fits))) }
    }),
    scrollTo: (index) => {
      virtualizer.value.scrollToIndex(index, { align: 'auto' })
    },
  }
}

function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0
  return (a ?? '') < (b ?? '') ? -1 : 1
}
