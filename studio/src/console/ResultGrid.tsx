import { useCallback, useMemo, useRef, useState } from 'react'
import { cellText } from '../api/cell'
import type { ColumnInfo, Kind, QueryResult } from '../api/types'
import { Grid, type Focus, type GridHandle } from '../grid/Grid'
import type { GridRow } from '../grid/gridRow'
import type { GridAction } from '../grid/keyboard'
import { guessedWidth } from '../grid/layout'
import { copyText } from '../shell/Copy'
import { useStudio } from '../shell/studio'

const none = new Set<string>()

/** The kind that decides how a result's column is shown, by its type's name. */
export function kindOfType(type: string): Kind {
  const name = type.toLowerCase()
  if (name.endsWith('[]')) return 'array'
  if (/^(small|big)?int|^integer|^serial|^oid/.test(name)) return 'integer'
  if (/^(numeric|decimal|real|double|float)/.test(name)) return 'number'
  if (name.startsWith('bool')) return 'boolean'
  if (name.startsWith('json')) return 'json'
  if (name.startsWith('timestamp') || name === 'datetime') return 'timestamp'
  if (name === 'date') return 'date'
  if (name === 'uuid') return 'uuid'
  if (name === 'bytea' || name === 'blob') return 'bytes'
  return 'text'
}

/** A result's rows: read, copied, moved through; columns go by their place, as two may have one name. */
export function ResultGrid(props: { result: QueryResult }) {
  const { info } = useStudio()
  const { result } = props
  const [focus, setFocus] = useState<Focus>({ row: 0, column: 0 })
  const [widened, setWidened] = useState<Record<string, number>>({})
  const handle = useRef<GridHandle | null>(null)
  const columns = useMemo(
    () => result.columns.map((column, at): ColumnInfo => ({
      name: String(at), type: column.type, kind: column.kind ?? kindOfType(column.type), nullable: true, default: null, generated: true, identity: false, labels: null, max_length: null, comment: null,
    })),
    [result],
  )
  const rows = useMemo(
    () => result.rows.map((row, at): GridRow => {
      const values = Object.fromEntries(row.map((cell, column) => [String(column), cell]))
      return { id: String(at), key: [], state: 'loaded', change: null, values, shown: values }
    }),
    [result],
  )
  const guesses = useMemo(
    () => columns.map((column, at) => guessedWidth({ ...column, name: result.columns[at]?.name ?? '' }, result.rows.slice(0, 40).map((row) => row[at] ?? null))),
    [columns, result],
  )
  const widths = useMemo(() => columns.map((column, at) => widened[column.name] ?? guesses[at] ?? 120), [columns, guesses, widened])
  const nothing = useCallback(() => {}, [])
  const focusTo = useCallback((next: Focus) => {
    setFocus(next)
    requestAnimationFrame(() => handle.current?.focus())
  }, [])
  const act = (action: Extract<GridAction, { do: string }>) => {
    const cell = rows[focus.row]?.values[String(focus.column)]
    if (action.do === 'copy' && cell !== undefined) void copyText(cellText(cell))
  }
  return (
    <div className="grid-place">
      <Grid
        label="Result"
        columns={columns}
        headings={result.columns.map((column) => column.name)}
        widths={widths}
        rows={rows}
        order={[]}
        linked={none}
        required={none}
        keyColumns={none}
        dialect={info.dialect}
        focus={focus}
        onFocus={focusTo}
        selected={none}
        onSelect={nothing}
        editing={false}
        onEdit={nothing}
        onEditEnd={nothing}
        onAction={act}
        onSort={nothing}
        onResize={(column, width) => setWidened((now) => ({ ...now, [column]: width }))}
        onMove={nothing}
        onFollow={nothing}
        onNearEnd={nothing}
        onNearStart={nothing}
        bubble={() => null}
        handle={handle}
        firstNumber={1}
      />
    </div>
  )
}
