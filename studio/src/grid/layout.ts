import { cellText } from '../api/cell'
import { tableId } from '../api/names'
import type { Cell, ColumnInfo, TableInfo } from '../api/types'

// How a table's columns are laid out, remembered per project and table. Names and widths only:
// nothing of the data is kept in the browser.

export type Layout = { order: string[]; hidden: string[]; widths: Record<string, number> }

const empty: Layout = { order: [], hidden: [], widths: {} }

function storageKey(project: string, table: TableInfo): string {
  return `dbkit.studio.columns.${project}.${tableId(table)}`
}

export function loadLayout(project: string, table: TableInfo): Layout {
  try {
    const read = JSON.parse(localStorage.getItem(storageKey(project, table)) ?? 'null') as Partial<Layout> | null
    return read && typeof read === 'object' ? { ...empty, ...read } : empty
  } catch {
    return empty
  }
}

export function saveLayout(project: string, table: TableInfo, layout: Layout): void {
  try {
    localStorage.setItem(storageKey(project, table), JSON.stringify(layout))
  } catch {
    // A full or forbidden storage costs the memory of widths, nothing else.
  }
}

/** All columns in the order they are shown: remembered ones first, new ones where the table has them. */
export function orderedColumns(table: TableInfo, layout: Layout): ColumnInfo[] {
  const known = layout.order.flatMap((name) => table.columns.find((column) => column.name === name) ?? [])
  return [...known, ...table.columns.filter((column) => !layout.order.includes(column.name))]
}

export function visibleColumns(table: TableInfo, layout: Layout): ColumnInfo[] {
  return orderedColumns(table, layout).filter((column) => !layout.hidden.includes(column.name))
}

export function moveColumn(table: TableInfo, layout: Layout, name: string, to: number): Layout {
  const names = orderedColumns(table, layout).map((column) => column.name)
  const from = names.indexOf(name)
  if (from < 0) return layout
  names.splice(from, 1)
  names.splice(Math.max(0, Math.min(names.length, to)), 0, name)
  return { ...layout, order: names }
}

export const narrowest = 56
const widest = 360

/** A width by what the column holds at first; measured in characters, as text is not laid out yet. */
export function guessedWidth(column: ColumnInfo, values: readonly Cell[]): number {
  const head = column.name.length * 7.5 + column.type.length * 5.5 + 44
  let longest = 0
  for (const value of values) longest = Math.max(longest, value === null ? 4 : Math.min(60, cellText(value).length))
  return Math.round(Math.max(narrowest + 24, Math.min(widest, Math.max(head, longest * 8 + 24))))
}
