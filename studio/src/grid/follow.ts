import { cellText } from '../api/cell'
import type { Cell, Filter, ForeignKey, Reference, Table, TableInfo } from '../api/types'

function equals(columns: string[], values: Cell[]): Filter | null {
  const parts: Filter[] = []
  for (const [at, column] of columns.entries()) {
    const value = values[at]
    // A NULL anywhere in a key refers to nothing.
    if (value === null || value === undefined) return null
    parts.push({ column, op: '=', value: cellText(value) })
  }
  const only = parts[0]
  return only === undefined ? null : parts.length === 1 ? only : { and: parts }
}

/** Where the keys of a column lead from this row; the shortest key first. */
export function keysOf(table: TableInfo, column: string): ForeignKey[] {
  return table.foreign_keys.filter((key) => key.columns.includes(column)).sort((a, b) => a.columns.length - b.columns.length)
}

export function parentFilter(key: ForeignKey, values: Record<string, Cell | undefined>): Filter | null {
  return equals(key.parent_columns, key.columns.map((column) => values[column] ?? null))
}

export function childFilter(key: Reference, values: Record<string, Cell | undefined>): Filter | null {
  return equals(key.columns, key.parent_columns.map((column) => values[column] ?? null))
}

export function referenceLabel(from: Table, key: ForeignKey): string {
  return `${from.name}.${key.columns.join(', ')}`
}
