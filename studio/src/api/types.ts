// The contract with the server. A value is a Cell and never a JavaScript number: 2^53 and numeric
// scale would not survive the trip.

export type Cell = null | string | { int: string } | { real: string } | { blob: string }

export type Table = { schema: string | null; name: string }

export type Kind =
  | 'integer' | 'number' | 'boolean' | 'text' | 'json' | 'date' | 'time' | 'timestamp' | 'interval'
  | 'uuid' | 'bytes' | 'enum' | 'array' | 'range' | 'other'

export type ColumnInfo = {
  name: string
  type: string
  kind: Kind
  nullable: boolean
  default: string | null
  generated: boolean
  identity: boolean
  labels: string[] | null
  max_length: number | null
  comment: string | null
}

export type ForeignKey = {
  name: string | null
  columns: string[]
  table: Table
  parent_columns: string[]
  on_delete: string | null
  on_update: string | null
}

export type Reference = ForeignKey & { from: Table }

export type IndexInfo = {
  name: string
  columns: string[]
  unique: boolean
  method: string | null
  where: string | null
}

export type TableKind = 'table' | 'view' | 'materialized view' | 'partitioned table' | 'virtual table'

export type TableInfo = Table & {
  kind: TableKind
  comment: string | null
  columns: ColumnInfo[]
  primary_key: string[]
  key: string[]
  foreign_keys: ForeignKey[]
  referenced_by: Reference[]
  indexes: IndexInfo[]
  checks: { name: string | null; expression: string }[]
  rows: { rows: number; exact: boolean } | null
  bytes: number | null
  rust: string
}

export type Schema = { tables: TableInfo[]; enums: { schema: string | null; name: string; labels: string[] }[] }

export type Info = {
  version: string
  dialect: 'postgres' | 'sqlite'
  server: string
  project: string
  environment: { name: string | null; colour: string | null; protected: boolean }
  writable: boolean
  locked: boolean
  warnings: string[]
  tenant: string | null
  tenancy: boolean
}

export type Op =
  | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'between' | 'in' | 'contains' | 'starts' | 'ends' | 'like'
  | 'matches' | 'is null' | 'is not null' | 'is true' | 'is false' | 'has key' | 'json contains'
  | 'array contains'

export type Filter =
  | { and: Filter[] }
  | { or: Filter[] }
  | { not: Filter }
  | { column: string; op: Op; value?: string | null; values?: string[] }

export type Order = { column: string; desc: boolean }

export type ResultColumn = { name: string; type: string; kind?: Kind }

export type RowsRequest = {
  table: Table
  filter?: Filter
  search?: string
  order: Order[]
  cursor?: string
  jump?: Cell[]
  /** The last page of the order. */
  last?: boolean
  limit: number
  columns?: string[]
}

export type RowsPage = {
  columns: { name: string; type: string; kind: Kind }[]
  rows: Cell[][]
  keys: Cell[][]
  next: string | null
  previous: string | null
  sql: string
  diesel: string
  ms: number
}

export type RowLinks = {
  columns: ResultColumn[]
  row: Cell[]
  parents: { key: ForeignKey; row: Cell[] | null; columns: ResultColumn[] }[]
  children: { key: Reference; rows: number | null; exact: boolean }[]
  sql: string
  diesel: string
}

export type Values = Record<string, Cell>

export type Change =
  | { kind: 'insert'; table: Table; values: Values }
  | { kind: 'update'; table: Table; key: Cell[]; old: Values; values: Values }
  | { kind: 'delete'; table: Table; key: Cell[]; old: Values }

export type Preview = {
  statements: { change: number; sql: string }[]
  sql: string
  diesel: string
  deletes: { table: Table; rows: number; action: string; exact: boolean }[]
}

export type Saved = { saved: number; rows: { change: number; row: Cell[] }[] }

export type PlanNode = {
  label: string
  detail: string[]
  rows: number | null
  cost: number | null
  ms: number | null
  children: PlanNode[]
}

export type QueryResult = {
  columns: ResultColumn[]
  rows: Cell[][]
  affected: number | null
  truncated: boolean
  command: string
}

export type QueryAnswer = { results: QueryResult[]; notices: string[]; plan?: PlanNode | null; ms: number }

export type MigrationInfo = { version: string; name: string; state: string; run_on: string | null }

export type Migrations = { migrations: MigrationInfo[]; drift: string[] | null }

export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'sql'

export type Failure = {
  kind: string
  message: string
  hint?: string
  position?: number
  change?: number
  column?: string
  row?: Cell[]
}
