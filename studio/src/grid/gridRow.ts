import type { Cell, TableInfo } from '../api/types'
import { rowId, rowValues, type Staged, type TableChanges } from '../staged/model'
import type { LoadedRow } from './useRows'

/** A row as shown: loaded, with what is staged for it on top, or new. */
export type GridRow = {
  id: string
  key: Cell[]
  state: 'loaded' | 'changed' | 'deleted' | 'new'
  change: Staged | null
  /** By column name; a new row's column left out takes its default. */
  values: Record<string, Cell | undefined>
  shown: Record<string, Cell>
}

export function gridRows(table: TableInfo, columns: readonly { name: string }[], rows: readonly LoadedRow[], changes: TableChanges): GridRow[] {
  const fresh: GridRow[] = changes.inserts.map((insert) => ({
    id: `new ${insert.id}`, key: [], state: 'new', change: insert, values: insert.values, shown: {},
  }))
  const loaded = rows.map((row, at): GridRow => {
    const shown = rowValues(columns, row.values)
    const id = row.key.length > 0 ? rowId(table, row.key) : `row ${at}`
    const change = row.key.length > 0 ? (changes.byRow.get(id) ?? null) : null
    if (change === null) return { id, key: row.key, state: 'loaded', change, values: shown, shown }
    if (change.kind === 'delete') return { id, key: row.key, state: 'deleted', change, values: shown, shown }
    return { id, key: row.key, state: 'changed', change, values: { ...shown, ...change.values }, shown }
  })
  return [...fresh, ...loaded]
}
