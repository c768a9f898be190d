import type { KeyRowView } from '#contract/vault.ts'
import type { TableColumn } from '#ui/table.ts'

/** The columns of the key list. The alias is always shown: it is the name of the row. */
export const columns: readonly TableColumn<KeyRowView>[] = [
  { id: 'alias', header: 'Alias', width: 40, grow: true, by: (row) => row.aliases[0] },
  { id: 'id', header: 'Key id', width: 24, by: (row) => row.keyId },
  { id: 'state', header: 'State', width: 33, by: (row) => row.state },
  { id: 'spec', header: 'Spec', width: 38, by: (row) => row.spec },
  { id: 'protection', header: 'Protection', width: 22, by: (row) => row.protection },
  { id: 'used', header: 'Last used', width: 22, by: (row) => row.lastUsed?.at.getTime() },
  { id: 'rotates', header: 'Rotates', width: 20, by: (row) => row.rotation?.nextAt.getTime() },
  { id: 'created', header: 'Created', width: 24, by: (row) => row.createdAt.getTime() },
]

/** Columns that are there for who asks for them. */
export const hiddenAtFirst: ReadonlySet<string> = new Set(['created'])
