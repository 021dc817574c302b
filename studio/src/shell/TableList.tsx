import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { sameTable, tableLabel } from '../api/names'
import type { Table, TableInfo } from '../api/types'
import { Icon } from './icons'
import { useStudio } from './studio'

export function countLabel(rows: TableInfo['rows']): string {
  if (rows === null) return ''
  const text =
    rows.rows >= 10_000_000 ? `${Math.round(rows.rows / 1e6)}M`
    : rows.rows >= 1_000_000 ? `${(rows.rows / 1e6).toFixed(1)}M`
    : rows.rows >= 10_000 ? `${Math.round(rows.rows / 1e3)}k`
    : String(rows.rows)
  return rows.exact ? text : `~${text}`
}

/** The tables, filtered as one types; only the visible part of the list is in the page. */
export const TableList = memo(function TableList(props: { current: Table | null; onOpen: (table: Table) => void }) {
  const { schema } = useStudio()
  const [filter, setFilter] = useState('')
  const [at, setAt] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
    return schema.tables.filter((table) => {
      const name = tableLabel(table).toLowerCase()
      return words.every((word) => name.includes(word))
    })
  }, [schema, filter])
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => 28, overscan: 12 })
  const { current, onOpen } = props
  const active = Math.min(at, Math.max(0, shown.length - 1))

  const move = (next: number) => {
    const to = Math.max(0, Math.min(shown.length - 1, next))
    setAt(to)
    rows.scrollToIndex(to)
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(active + 1)
    else if (event.key === 'ArrowUp') move(active - 1)
    else if (event.key === 'Enter') {
      const table = shown[active]
      if (table) onOpen(table)
    } else return
    event.preventDefault()
  }
  return (
    <div className="table-list">
      <input
        id="table-filter"
        className="table-filter"
        type="search"
        placeholder={`Filter ${schema.tables.length} tables`}
        aria-label="Filter tables"
        aria-controls="tables"
        aria-activedescendant={shown.length > 0 ? `table-${active}` : undefined}
        role="combobox"
        aria-expanded="true"
        autoComplete="off"
        spellCheck={false}
        value={filter}
        onChange={(event) => {
          setFilter(event.target.value)
          setAt(0)
        }}
        onKeyDown={keys}
      />
      <div className="scroller" ref={scroller}>
        <div
          id="tables"
          role="listbox"
          aria-label="Tables"
          tabIndex={0}
          aria-activedescendant={shown.length > 0 ? `table-${active}` : undefined}
          onKeyDown={keys}
          style={{ height: rows.getTotalSize(), position: 'relative' }}
        >
          {rows.getVirtualItems().map((item) => {
            const table = shown[item.index]
            if (!table) return null
            const selected = current !== null && sameTable(table, current)
            return (
              <div
                key={item.key}
                id={`table-${item.index}`}
                role="option"
                aria-selected={selected}
                aria-setsize={shown.length}
                aria-posinset={item.index + 1}
                title={tableLabel(table)}
                className={`table-item${selected ? ' selected' : ''}${item.index === active ? ' active' : ''}`}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onOpen(table)}
              >
                <Icon name={table.kind === 'view' || table.kind === 'materialized view' ? 'view' : 'table'} size={14} />
                <span className="name">
                  {table.schema !== null && <span className="schema-name">{table.schema}.</span>}
                  {table.name}
                </span>
                <span className="count">{countLabel(table.rows)}</span>
              </div>
            )
          })}
        </div>
        {shown.length === 0 && <p className="empty-note">{schema.tables.length === 0 ? 'This database has no tables.' : 'No table matches.'}</p>}
      </div>
    </div>
  )
})
