import type { Info, Schema, Table, TableInfo } from './types'

export function sameTable(a: Table, b: Table): boolean {
  return a.name === b.name && (a.schema ?? null) === (b.schema ?? null)
}

/** One text per table whatever its names contain; also the address after `#`. */
export function tableId(table: Table): string {
  const part = (name: string) => encodeURIComponent(name).replaceAll('.', '%2E')
  return table.schema === null ? part(table.name) : `${part(table.schema)}.${part(table.name)}`
}

export function tableFromId(id: string): Table {
  const parts = id.split('.').map(decodeURIComponent)
  return parts.length > 1 ? { schema: parts[0] ?? null, name: parts[1] ?? '' } : { schema: null, name: parts[0] ?? '' }
}

export function tableLabel(table: Table): string {
  return table.schema === null ? table.name : `${table.schema}.${table.name}`
}

export function findTable(schema: Schema, table: Table): TableInfo | undefined {
  return schema.tables.find((candidate) => sameTable(candidate, table))
}

/** Why rows of this table cannot be edited here, or null. */
export function readOnlyReason(table: TableInfo, info: Info): string | null {
  if (info.locked) return `The environment ${info.environment.name ?? ''} is protected. Unlock it to edit.`
  if (!info.writable) return 'The studio was started read-only.'
  if (table.kind === 'view' || table.kind === 'materialized view') return `A ${table.kind} cannot be edited.`
  if (table.key.length === 0) return 'No primary key and no unique key without NULLs: nothing tells one row from another.'
  return null
}
