import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type MouseEvent, type ReactNode } from 'react'
import { alignsRight, type Dialect } from '../api/cell'
import type { Cell, ColumnInfo, Order } from '../api/types'
import { Icon } from '../shell/icons'
import { CellEditor, type Leave } from './CellEditor'
import { CellView } from './CellView'
import type { GridRow } from './gridRow'
import { gridAction, type GridAction } from './keyboard'
import { narrowest } from './layout'

export const rowHeight = 28
const headHeight = 30
const gutter = 44

export type Focus = { row: number; column: number }

export type GridHandle = { focus: () => void; scrollBy: (rows: number) => void; reveal: (row: number) => void }

type Props = {
  label: string
  columns: ColumnInfo[]
  /** What stands above the columns where names are not unique. */
  headings?: string[]
  widths: number[]
  rows: GridRow[]
  order: Order[]
  linked: Set<string>
  /** Columns a new row must be given. */
  required: Set<string>
  keyColumns: Set<string>
  dialect: Dialect
  focus: Focus
  onFocus: (focus: Focus) => void
  selected: Set<string>
  onSelect: (row: number, range: boolean) => void
  editing: boolean
  onEdit: (value: Cell | undefined, leave: Leave) => void
  onEditEnd: () => void
  onAction: (action: Extract<GridAction, { do: string }>) => void
  onSort: (column: string, several: boolean) => void
  onResize: (column: string, width: number) => void
  onMove: (column: string, before: string) => void
  onFollow: (row: GridRow, column: string) => void
  onNearEnd: () => void
  onNearStart: () => void
  onMenu?: (event: MouseEvent, row: number, column: number) => void
  bubble: (row: GridRow) => ReactNode
  handle: { current: GridHandle | null }
  firstNumber: number
}

export function Grid(props: Props) {
  const { columns, widths, rows, focus, editing, onFocus, onNearEnd, onNearStart, handle } = props
  const scroller = useRef<HTMLDivElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const vertical = useVirtualizer({
    count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 8, paddingStart: headHeight, scrollPaddingStart: headHeight,
  })
  const horizontal = useVirtualizer({
    horizontal: true, count: columns.length, getScrollElement: () => scroller.current, estimateSize: (at) => widths[at] ?? 120, overscan: 3, paddingStart: gutter, scrollPaddingStart: gutter,
  })
  useLayoutEffect(() => horizontal.measure(), [horizontal, widths])
  useEffect(() => {
    handle.current = {
      focus: () => grid.current?.focus({ preventScroll: true }),
      scrollBy: (by) => scroller.current?.scrollBy({ top: by * rowHeight, behavior: 'instant' }),
      reveal: (row) => scroller.current?.scrollTo({ top: row * rowHeight, behavior: 'instant' }),
    }
  }, [handle])

  const shownRows = vertical.getVirtualItems()
  const shownColumns = horizontal.getVirtualItems()
  const lastShown = shownRows.at(-1)?.index ?? 0
  useEffect(() => {
    if (rows.length > 0 && lastShown >= rows.length - 40) onNearEnd()
  }, [lastShown, rows.length, onNearEnd])

  const moveTo = useCallback(
    (row: number, column: number) => {
      const next = { row: Math.max(0, Math.min(rows.length - 1, row)), column: Math.max(0, Math.min(columns.length - 1, column)) }
      onFocus(next)
      vertical.scrollToIndex(next.row)
      horizontal.scrollToIndex(next.column)
      if (row < 0) onNearStart()
    },
    [rows.length, columns.length, onFocus, vertical, horizontal, onNearStart],
  )

  const width = horizontal.getTotalSize()
  const height = vertical.getTotalSize()
  const screen = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 400) - headHeight) / rowHeight) - 1)

  const act = (action: GridAction) => {
    if ('do' in action) {
      if (action.do === 'sort') {
        const name = columns[focus.column]?.name
        if (name !== undefined) props.onSort(name, action.several)
      } else props.onAction(action)
      return
    }
    const { row, column } = focus
    switch (action.go) {
      case 'left': moveTo(row, column - 1); break
      case 'right': moveTo(row, column + 1); break
      case 'up': moveTo(row - 1, column); break
      case 'down': moveTo(row + 1, column); break
      case 'page-up': moveTo(row === 0 ? -1 : Math.max(0, row - screen), column); break
      case 'page-down': moveTo(row + screen, column); break
      case 'row-start': moveTo(row, 0); break
      case 'row-end': moveTo(row, columns.length - 1); break
      case 'first': moveTo(0, column); break
      case 'last': moveTo(rows.length - 1, column); break
    }
    if (action.extend && (action.go === 'up' || action.go === 'down')) props.onSelect(row + (action.go === 'up' ? -1 : 1), true)
  }

  // A button that vanished under the pointer leaves the focus nowhere; keys then still mean the grid.
  const latestAct = useRef(act)
  latestAct.current = act
  useEffect(() => {
    const stray = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.activeElement !== document.body || document.querySelector('dialog[open], .screen')) return
      const action = gridAction(event)
      if (action === null) return
      event.preventDefault()
      grid.current?.focus({ preventScroll: true })
      latestAct.current(action)
    }
    window.addEventListener('keydown', stray)
    return () => window.removeEventListener('keydown', stray)
  }, [])

  const leave = (value: Cell | undefined, to: Leave) => {
    props.onEdit(value, to)
    if (to === 'down') moveTo(focus.row + 1, focus.column)
    else if (to === 'right') moveTo(focus.row, focus.column + 1)
    else if (to === 'left') moveTo(focus.row, focus.column - 1)
    grid.current?.focus({ preventScroll: true })
  }

  const focusedRow = rows[focus.row]
  const focusedColumn = columns[focus.column]
  const columnItem = shownColumns.find((item) => item.index === focus.column)
  return (
    <div className="grid-scroller" ref={scroller}>
      <div
        ref={grid}
        className="grid"
        role="grid"
        tabIndex={0}
        aria-label={props.label}
        aria-rowcount={-1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        aria-activedescendant={focusedRow && focusedColumn ? `cell-${focus.row}-${focus.column}` : undefined}
        style={{ width, height: Math.max(height, headHeight) }}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return
          const action = gridAction(event)
          if (action === null) return
          event.preventDefault()
          event.stopPropagation()
          act(action)
        }}
      >
        <div role="rowgroup" className="grid-head" style={{ height: headHeight, width }}>
          <div role="row" aria-rowindex={1}>
            <div role="columnheader" aria-colindex={1} className="gutter head-gutter" style={{ width: gutter }}>
              <span className="hidden-label">Row</span>
            </div>
            {shownColumns.map((item) => {
              const column = columns[item.index]
              return column ? <HeadCell key={column.name} column={column} item={item} props={props} /> : null
            })}
          </div>
        </div>
        <div role="rowgroup">
          {shownRows.map((item) => {
            const row = rows[item.index]
            return row ? (
              <Row
                key={row.id}
                row={row}
                at={item.index}
                top={item.start}
                width={width}
                columns={columns}
                items={shownColumns}
                focused={focus.row === item.index ? focus.column : -1}
                selected={props.selected.has(row.id)}
                linked={props.linked}
                required={props.required}
                number={props.firstNumber + item.index}
                onFocus={onFocus}
                onSelect={props.onSelect}
                onAction={props.onAction}
                onFollow={props.onFollow}
                grid={grid}
              />
            ) : null
          })}
        </div>
      </div>
      {editing && focusedRow && focusedColumn && columnItem && (
        <div className="editor-place" style={{ left: columnItem.start, top: headHeight + focus.row * rowHeight, minWidth: columnItem.size }}>
          <CellEditor
            key={`${focusedRow.id} ${focusedColumn.name}`}
            column={focusedColumn}
            cell={focusedRow.values[focusedColumn.name]}
            dialect={props.dialect}
            isNew={focusedRow.state === 'new'}
            onCommit={leave}
            onCancel={() => {
              props.onEditEnd()
              grid.current?.focus({ preventScroll: true })
            }}
          />
        </div>
      )}
      {shownRows.map((item) => {
        const row = rows[item.index]
        return row?.change?.failure ? (
          <div key={row.id} className="bubble-place" style={{ top: item.start + rowHeight, width }}>
            {props.bubble(row)}
          </div>
        ) : null
      })}
    </div>
  )
}

function HeadCell({ column, item, props }: { column: ColumnInfo; item: VirtualItem; props: Props }) {
  const [drag, setDrag] = useState<number | null>(null)
  const at = props.order.findIndex((order) => order.column === column.name)
  const order = props.order[at]
  const start = useRef({ x: 0, width: 0 })
  return (
    <div
      role="columnheader"
      id={`head-${item.index}`}
      aria-colindex={item.index + 2}
      aria-sort={order ? (order.desc ? 'descending' : 'ascending') : 'none'}
      className="head-cell"
      style={{ left: item.start, width: item.size }}
      draggable={drag === null}
      onDragStart={(event) => event.dataTransfer.setData('text/x-column', column.name)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const moved = event.dataTransfer.getData('text/x-column')
        if (moved && moved !== column.name) props.onMove(moved, column.name)
      }}
    >
      <button
        type="button"
        tabIndex={-1}
        title={`${props.headings?.[item.index] ?? column.name} ${column.type}${column.nullable ? '' : ' not null'}${column.comment ? `\n${column.comment}` : ''}\nClick to sort, Shift+click to sort by several`}
        onClick={(event) => props.onSort(column.name, event.shiftKey)}
      >
        {props.keyColumns.has(column.name) && <Icon name="key" size={12} />}
        {props.linked.has(column.name) && <Icon name="link" size={12} />}
        <span className="head-name">{props.headings?.[item.index] ?? column.name}</span>
        <span className="head-type">{column.type}</span>
        {order && (
          <span className="sorted">
            <Icon name={order.desc ? 'down' : 'up'} size={12} />
            {props.order.length > 1 ? at + 1 : ''}
          </span>
        )}
      </button>
      <span
        className="resize"
        onPointerDown={(event) => {
          event.preventDefault()
          event.currentTarget.setPointerCapture(event.pointerId)
          start.current = { x: event.clientX, width: item.size }
          setDrag(item.size)
        }}
        onPointerMove={(event) => {
          if (drag !== null) props.onResize(column.name, Math.max(narrowest, start.current.width + event.clientX - start.current.x))
        }}
        onPointerUp={() => setDrag(null)}
        onPointerCancel={() => setDrag(null)}
      />
    </div>
  )
}

type RowProps = {
  row: GridRow
  at: number
  top: number
  width: number
  columns: ColumnInfo[]
  items: VirtualItem[]
  focused: number
  selected: boolean
  linked: Set<string>
  required: Set<string>
  number: number
  onFocus: (focus: Focus) => void
  onSelect: (row: number, range: boolean) => void
  onAction: Props['onAction']
  onFollow: Props['onFollow']
  grid: { current: HTMLDivElement | null }
}

const Row = memo(function Row(props: RowProps) {
  const { row, at, columns } = props
  const failed = row.change?.failure
  return (
    <div
      role="row"
      aria-rowindex={at + 2}
      aria-selected={props.selected}
      className={`grid-row ${row.state}${props.selected ? ' selected' : ''}${props.focused >= 0 ? ' current' : ''}`}
      style={{ transform: `translateY(${props.top}px)`, width: props.width }}
    >
      <div
        role="rowheader"
        aria-colindex={1}
        className="gutter"
        style={{ width: gutter }}
        onClick={(event) => {
          props.onSelect(at, event.shiftKey)
          props.grid.current?.focus({ preventScroll: true })
        }}
      >
        {row.state === 'new' ? '+' : row.state === 'deleted' ? '−' : row.state === 'changed' ? '•' : props.number}
        <span className="hidden-label">{row.state === 'loaded' ? '' : ` ${row.state}`}</span>
      </div>
      {props.items.map((item) => {
        const column = columns[item.index]
        if (!column) return null
        const cell = row.values[column.name]
        const changed = row.state === 'changed' && row.change?.kind === 'update' && column.name in row.change.values
        const isFocused = props.focused === item.index
        const wrong = failed !== undefined && (failed.column === column.name || (failed.column === undefined && changed))
        return (
          <div
            key={column.name}
            id={`cell-${at}-${item.index}`}
            role="gridcell"
            aria-colindex={item.index + 2}
            aria-invalid={wrong || undefined}
            className={`cell ${column.kind}${alignsRight(column.kind) ? ' right' : ''}${changed ? ' changed' : ''}${isFocused ? ' focused' : ''}${wrong ? ' wrong' : ''}`}
            style={{ left: item.start, width: item.size }}
            onMouseDown={() => props.onFocus({ row: at, column: item.index })}
            onDoubleClick={() => props.onAction({ do: 'edit' })}
          >
            <span className="value"><CellView cell={cell} kind={column.kind} required={props.required.has(column.name)} /></span>
            {props.linked.has(column.name) && cell !== null && cell !== undefined && (
              <button
                type="button"
                className="follow"
                tabIndex={-1}
                aria-label={`Follow ${column.name}`}
                title="Follow the foreign key (F)"
                onClick={() => props.onFollow(row, column.name)}
              >
                <Icon name="link" size={12} />
              </button>
            )}
          </div>
        )
      })}
    </div>
  )
})
