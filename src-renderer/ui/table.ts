/** A column of a DataTable. Its cells come by the slot of its id. */
export interface TableColumn<Row> {
  readonly id: string
  readonly header: string
  /** In units of 4 px; the least where it grows. */
  readonly width: number
  readonly grow?: boolean
  readonly right?: boolean
  /** What it is sorted by; without it, it is not sorted. Undefined values come last. */
  readonly by?: (row: Row) => string | number | undefined
}

export interface TableSort {
  readonly id: string
  readonly descending: boolean
}

/** A column of a LogTable, which is not sorted. Its cells come by the slot of its id. */
export interface LogColumn {
  readonly id: string
  readonly header: string
  /** In units of 4 px; the least where it grows. */
  readonly width: number
  readonly grow?: boolean
}
