import { sameCell } from '../api/cell'
import { tableId } from '../api/names'
import type { Cell, Change, Table, TableInfo, Values } from '../api/types'

// Staged edits live in the page until one transaction saves them. Each keeps the row as it was
// shown, which is what the server compares to tell a stale row.

export type StagedFailure = { kind: string; message: string; hint?: string; column?: string; theirs?: Cell[] | null }

type Base = { id: number; table: Table; failure?: StagedFailure }
export type StagedInsert = Base & { kind: 'insert'; values: Values }
export type StagedUpdate = Base & { kind: 'update'; key: Cell[]; old: Values; values: Values }
export type StagedDelete = Base & { kind: 'delete'; key: Cell[]; old: Values }
export type Staged = StagedInsert | StagedUpdate | StagedDelete

export type StagedState = { changes: Staged[]; undo: Staged[][]; redo: Staged[][]; nextId: number }

export type StagedAction =
  | { do: 'set'; table: Table; key: Cell[]; old: Values; column: string; value: Cell }
  | { do: 'set-new'; id: number; column: string; value: Cell | undefined }
  | { do: 'insert'; table: Table; values: Values }
  | { do: 'delete'; rows: { table: Table; key: Cell[]; old: Values }[] }
  | { do: 'restore'; table: Table; key: Cell[] }
  | { do: 'drop'; id: number }
  | { do: 'fail'; id: number; failure: StagedFailure }
  | { do: 'keep-mine'; id: number; old: Values }
  | { do: 'clear' }
  | { do: 'undo' }
  | { do: 'redo' }

export const nothingStaged: StagedState = { changes: [], undo: [], redo: [], nextId: 1 }

export function rowId(table: Table, key: Cell[]): string {
  return `${tableId(table)} ${JSON.stringify(key)}`
}

function isRow(change: Staged, table: Table, key: Cell[]): change is StagedUpdate | StagedDelete {
  return change.kind !== 'insert' && rowId(change.table, change.key) === rowId(table, key)
}

function withoutFailure<T extends Staged>(change: T): T {
  const { failure: _, ...rest } = change
  return rest as T
}

function apply(state: StagedState, action: StagedAction): { changes: Staged[]; nextId: number } {
  const { changes, nextId } = state
  switch (action.do) {
    case 'set': {
      const found = changes.find((change) => isRow(change, action.table, action.key))
      if (found?.kind === 'delete') return { changes, nextId }
      const old = found?.old ?? action.old
      const values = { ...found?.values }
      if (sameCell(old[action.column], action.value)) delete values[action.column]
      else values[action.column] = action.value
      if (Object.keys(values).length === 0) return { changes: changes.filter((change) => change !== found), nextId }
      if (found) {
        const next = withoutFailure({ ...found, values })
        return { changes: changes.map((change) => (change === found ? next : change)), nextId }
      }
      const update: StagedUpdate = { id: nextId, kind: 'update', table: action.table, key: action.key, old, values }
      return { changes: [...changes, update], nextId: nextId + 1 }
    }
    case 'set-new':
      return {
        changes: changes.map((change) => {
          if (change.id !== action.id || change.kind !== 'insert') return change
          const values = { ...change.values }
          if (action.value === undefined) delete values[action.column]
          else values[action.column] = action.value
          return withoutFailure({ ...change, values })
        }),
        nextId,
      }
    case 'insert':
      return {
        changes: [...changes, { id: nextId, kind: 'insert', table: action.table, values: action.values }],
        nextId: nextId + 1,
      }
    case 'delete': {
      let id = nextId
      let rest = changes
      for (const row of action.rows) {
        rest = rest.filter((change) => !isRow(change, row.table, row.key))
        rest = [...rest, { id, kind: 'delete', ...row }]
        id += 1
      }
      return { changes: rest, nextId: id }
    }
    case 'restore':
      return { changes: changes.filter((change) => !isRow(change, action.table, action.key)), nextId }
    case 'drop':
      return { changes: changes.filter((change) => change.id !== action.id), nextId }
    case 'keep-mine':
      return {
        changes: changes.map((change) =>
          change.id === action.id && change.kind !== 'insert' ? withoutFailure({ ...change, old: action.old }) : change,
        ),
        nextId,
      }
    default:
      return { changes: [], nextId }
  }
}

export function stagedReducer(state: StagedState, action: StagedAction): StagedState {
  if (action.do === 'undo') {
    const last = state.undo.at(-1)
    if (last === undefined) return state
    return { ...state, changes: last, undo: state.undo.slice(0, -1), redo: [...state.redo, state.changes] }
  }
  if (action.do === 'redo') {
    const last = state.redo.at(-1)
    if (last === undefined) return state
    return { ...state, changes: last, redo: state.redo.slice(0, -1), undo: [...state.undo, state.changes] }
  }
  if (action.do === 'fail') {
    // What the server said is no edit: nothing to undo.
    const changes = state.changes.map((change) => {
      const clean = withoutFailure(change)
      return change.id === action.id ? { ...clean, failure: action.failure } : clean
    })
    return { ...state, changes }
  }
  if (action.do === 'clear') return { ...nothingStaged, nextId: state.nextId }
  const next = apply(state, action)
  return { changes: next.changes, nextId: next.nextId, undo: [...state.undo.slice(-199), state.changes], redo: [] }
}

/** The changes in the form and order the server applies them in. */
export function toChanges(changes: readonly Staged[]): Change[] {
  return changes.map((change): Change => {
    if (change.kind === 'insert') return { kind: 'insert', table: change.table, values: change.values }
    if (change.kind === 'delete') return { kind: 'delete', table: change.table, key: change.key, old: change.old }
    return { kind: 'update', table: change.table, key: change.key, old: change.old, values: change.values }
  })
}

export type TableChanges = { inserts: StagedInsert[]; byRow: Map<string, StagedUpdate | StagedDelete> }

export function changesOf(changes: readonly Staged[], table: Table): TableChanges {
  const id = tableId(table)
  const inserts: StagedInsert[] = []
  const byRow = new Map<string, StagedUpdate | StagedDelete>()
  for (const change of changes) {
    if (tableId(change.table) !== id) continue
    if (change.kind === 'insert') inserts.push(change)
    else byRow.set(rowId(change.table, change.key), change)
  }
  return { inserts, byRow }
}

/** A row's values by column name; what an edit remembers as shown. */
export function rowValues(columns: readonly { name: string }[], row: readonly Cell[]): Values {
  return Object.fromEntries(columns.map((column, at) => [column.name, row[at] ?? null]))
}

/** The values a duplicate starts with: all but what the database itself fills in. */
export function duplicateValues(table: TableInfo, values: Values): Values {
  const keep = table.columns.filter((column) => {
    if (column.generated || column.identity || !(column.name in values)) return false
    return !(table.primary_key.includes(column.name) && (column.default !== null || column.kind === 'integer'))
  })
  return Object.fromEntries(keep.map((column) => [column.name, values[column.name] ?? null]))
}

/** The columns a new row must be given; SQLite numbers a lone integer key itself. */
export function requiredColumns(table: TableInfo, dialect: 'postgres' | 'sqlite'): Set<string> {
  const numbered = dialect === 'sqlite' && table.primary_key.length === 1 ? table.primary_key[0] : undefined
  const required = table.columns.filter(
    (column) => !column.nullable && column.default === null && !column.identity && !column.generated && !(column.name === numbered && column.kind === 'integer'),
  )
  return new Set(required.map((column) => column.name))
}
