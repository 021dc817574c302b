import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { cellText } from '../api/cell'
import { findTable, readOnlyReason, tableLabel } from '../api/names'
import type { Cell, Filter, ForeignKey, Order, Table, TableInfo } from '../api/types'
import { FilterBar } from '../filters/FilterBar'
import { groupFilter, groupFromFilter } from '../filters/model'
import { copyText } from '../shell/Copy'
import { go, remember, type Position, type Route } from '../shell/route'
import { Empty } from '../shell/screens'
import { useStudio } from '../shell/studio'
import { changesOf, duplicateValues, requiredColumns, type Staged } from '../staged/model'
import { FailureNote } from '../staged/FailureNote'
import { Crumbs } from './Crumbs'
import { keysOf, parentFilter } from './follow'
import { Footer } from './Footer'
import { Grid, type Focus, type GridHandle } from './Grid'
import { gridRows, type GridRow } from './gridRow'
import type { GridAction } from './keyboard'
import { guessedWidth, loadLayout, moveColumn, orderedColumns, saveLayout, visibleColumns, type Layout } from './layout'
import { SidePanel, type PanelTab } from './SidePanel'
import { Toolbar } from './Toolbar'
import { useRows } from './useRows'

/** The newest version of a callback behind one that never changes, for memoised rows. */
function useLatest<A extends unknown[], R>(callback: (...args: A) => R): (...args: A) => R {
  const latest = useRef(callback)
  latest.current = callback
  return useCallback((...args: A) => latest.current(...args), [])
}

function nextOrder(order: Order[], column: string, several: boolean): Order[] {
  const now = order.find((each) => each.column === column)
  const next: Order | null = now === undefined ? { column, desc: false } : now.desc ? null : { column, desc: true }
  if (!several) return next === null ? [] : [next]
  if (now === undefined) return [...order, { column, desc: false }]
  return order.flatMap((each) => (each.column === column ? (next ?? []) : [each]))
}

export function TableView(props: { table: TableInfo; route: Route }) {
  const { table, route } = props
  const { info, schema, staged, dispatch, notify, refresh } = useStudio()
  const [group, setGroup] = useState(() => groupFromFilter(route.position.filter))
  const [filterOpen, setFilterOpen] = useState(group.items.length > 0)
  const [search, setSearch] = useState(route.position.search ?? '')
  const [order, setOrder] = useState<Order[]>(route.position.order ?? [])
  const [jump, setJump] = useState<Cell[] | undefined>(route.position.jump)
  const [query, setQuery] = useState<Position>(route.position)
  const [layout, setLayout] = useState<Layout>(() => loadLayout(info.project, table))
  const [focus, setFocus] = useState<Focus>({ row: 0, column: 0 })
  const [selected, setSelected] = useState<Set<string>>(new Set())
  const [editing, setEditing] = useState(false)
  const [panel, setPanel] = useState<PanelTab | null>(null)
  const [firstNumber, setFirstNumber] = useState(1)
  const anchor = useRef(0)
  const handle = useRef<GridHandle | null>(null)
  const reason = readOnlyReason(table, info)

  const toTop = () => {
    setFocus((before) => ({ row: 0, column: before.column }))
    setFirstNumber(1)
    handle.current?.reveal(0)
  }
  const filter = useMemo(
    () => groupFilter(group, (name) => table.columns.find((column) => column.name === name)?.kind) ?? undefined,
    [group, table],
  )
  const next: Position = {
    ...(filter ? { filter } : {}), ...(search ? { search } : {}), ...(order.length > 0 ? { order } : {}), ...(jump ? { jump } : {}),
  }
  const wanted = JSON.stringify(next)
  const pending = wanted !== JSON.stringify(query)
  useEffect(() => {
    if (!pending) return
    // Typing asks once it pauses.
    const timer = setTimeout(() => {
      const position = JSON.parse(wanted) as Position
      setQuery(position)
      remember(position)
      toTop()
      setSelected(new Set())
    }, 180)
    return () => clearTimeout(timer)
  }, [wanted, pending])

  const shift = useLatest((by: number) => {
    setFirstNumber((now) => now - by)
    setFocus((before) => ({ ...before, row: Math.max(0, before.row + by) }))
    requestAnimationFrame(() => handle.current?.scrollBy(by))
  })
  const name: Table = useMemo(() => ({ schema: table.schema, name: table.name }), [table.schema, table.name])
  const loaded = useRows({ table: name, order: query.order ?? [], ...(query.filter ? { filter: query.filter } : {}), ...(query.search ? { search: query.search } : {}), ...(query.jump ? { jump: query.jump } : {}) }, shift)
  const changes = useMemo(() => changesOf(staged.changes, name), [staged.changes, name])
  const pageColumns = loaded.pages[0]?.columns
  const rows = useMemo(() => gridRows(table, pageColumns ?? [], loaded.rows, changes), [table, pageColumns, loaded.rows, changes])

  const columns = useMemo(() => visibleColumns(table, layout), [table, layout])
  const firstPage = loaded.pages[0]
  const guesses = useMemo(
    () => new Map(table.columns.map((column) => {
      const at = firstPage?.columns.findIndex((each) => each.name === column.name) ?? -1
      return [column.name, guessedWidth(column, at < 0 ? [] : (firstPage?.rows.slice(0, 40).map((row) => row[at] ?? null) ?? []))]
    })),
    // The first answer decides; later pages must not move the columns about.
    [table, firstPage !== undefined],
  )
  const widths = useMemo(() => columns.map((column) => layout.widths[column.name] ?? guesses.get(column.name) ?? 120), [columns, layout, guesses])
  const linked = useMemo(() => new Set(table.foreign_keys.flatMap((key) => key.columns)), [table])
  const required = useMemo(() => requiredColumns(table, info.dialect), [table, info.dialect])
  const keyColumns = useMemo(() => new Set(table.primary_key), [table])
  const changeLayout = useCallback(
    (next: Layout) => {
      setLayout(next)
      saveLayout(info.project, table, next)
    },
    [info.project, table],
  )

  const current = rows[Math.min(focus.row, rows.length - 1)]
  const currentColumn = columns[focus.column]
  useEffect(() => handle.current?.focus(), [])

  // A refused edit is brought into view with its message.
  const refused = rows.findIndex((row) => row.change?.failure)
  const refusedColumn = refused < 0 ? -1 : columns.findIndex((column) => column.name === refusedAt(rows[refused]?.change))
  useEffect(() => {
    if (refused >= 0) setFocus({ row: refused, column: Math.max(0, refusedColumn) })
  }, [refused, refusedColumn])

  const here = () => ({ table: name, label: describe(query.filter), position: query })
  const followTo = useLatest((to: Table, toFilter: Filter | null) => {
    if (toFilter === null) return
    if (!findTable(schema, to)) {
      notify(`${tableLabel(to)} is not among the tables shown here.`, 'bad')
      return
    }
    go({ view: 'data', table: to, position: { filter: toFilter }, trail: [...route.trail, here()] })
  })
  const follow = useLatest((row: GridRow, column: string) => {
    const key: ForeignKey | undefined = keysOf(table, column)[0]
    if (key) followTo(key.table, parentFilter(key, row.values))
  })
  const select = useLatest((at: number, range: boolean) => {
    const row = rows[at]
    if (!row) return
    setSelected((before) => {
      const next = new Set(before)
      if (range) {
        for (let each = Math.min(anchor.current, at); each <= Math.max(anchor.current, at); each += 1) {
          const id = rows[each]?.id
          if (id !== undefined) next.add(id)
        }
      } else if (next.has(row.id)) next.delete(row.id)
      else next.add(row.id)
      return next
    })
    if (!range) anchor.current = at
    setFocus((before) => ({ ...before, row: at }))
  })
  const focusTo = useLatest((next: Focus) => {
    setEditing(false)
    if (selected.size === 0) anchor.current = next.row
    setFocus(next)
    requestAnimationFrame(() => {
      if (!document.activeElement?.closest('.cell-editor')) handle.current?.focus()
    })
  })

  const refuseEdit = () => {
    if (reason) notify(reason, 'bad', true)
    return reason !== null
  }
  const put = (row: GridRow, column: string, value: Cell | undefined) => {
    if (row.state === 'new' && row.change) dispatch({ do: 'set-new', id: row.change.id, column, value })
    else if (row.key.length > 0 && value !== undefined) dispatch({ do: 'set', table: name, key: row.key, old: row.shown, column, value })
  }
  const remove = () => {
    const chosen = selected.size > 0 ? rows.filter((row) => selected.has(row.id)) : current ? [current] : []
    const marked = chosen.filter((row) => row.state === 'deleted')
    if (marked.length === chosen.length) for (const row of marked) dispatch({ do: 'restore', table: name, key: row.key })
    else {
      for (const row of chosen) if (row.state === 'new' && row.change) dispatch({ do: 'drop', id: row.change.id })
      const old = chosen.filter((row) => row.state === 'loaded' || row.state === 'changed')
      if (old.length > 0) dispatch({ do: 'delete', rows: old.map((row) => ({ table: name, key: row.key, old: row.shown })) })
    }
    setSelected(new Set())
  }
  const add = (values: Record<string, Cell>) => {
    dispatch({ do: 'insert', table: name, values })
    // New rows stand above all others, the newest last of them.
    setFocus({ row: changes.inserts.length, column: Math.max(0, columns.findIndex((column) => !(column.identity || column.generated || column.default !== null))) })
    requestAnimationFrame(() => {
      handle.current?.reveal(changes.inserts.length)
      handle.current?.focus()
    })
  }

  const act = useLatest((action: Extract<GridAction, { do: string }>) => {
    const column = currentColumn
    switch (action.do) {
      case 'edit':
        if (!current || !column || refuseEdit()) return
        if (column.generated) notify(`${column.name} is generated by the database.`, 'bad', true)
        else if (current.state !== 'deleted') setEditing(true)
        break
      case 'null':
        if (!current || !column || refuseEdit()) return
        if (column.nullable && current.state !== 'deleted') put(current, column.name, null)
        else notify(`${column.name} cannot be NULL.`, 'bad', true)
        break
      case 'escape':
        if (selected.size > 0) setSelected(new Set())
        else setPanel(null)
        break
      case 'detail':
        setPanel((now) => (now === 'row' ? null : 'row'))
        break
      case 'filter':
        setFilterOpen(true)
        requestAnimationFrame(() => document.getElementById('row-search')?.focus())
        break
      case 'follow':
        if (current && column) follow(current, column.name)
        break
      case 'add':
        if (!refuseEdit()) add({})
        break
      case 'duplicate':
        if (current && !refuseEdit()) {
          const values = Object.fromEntries(Object.entries(current.values).filter((each): each is [string, Cell] => each[1] !== undefined))
          add(duplicateValues(table, values))
        }
        break
      case 'delete':
        if (!refuseEdit()) remove()
        break
      case 'copy':
        if (current && column) void copyText(cellText(current.values[column.name] ?? null))
        break
      case 'reload':
        refresh()
        break
      case 'jump':
        document.getElementById('jump')?.focus()
        break
      case 'sort':
        break
    }
  })
  const sort = useLatest((column: string, several: boolean) => {
    setJump(undefined)
    setOrder((now) => nextOrder(now, column, several))
  })

  const bubble = useCallback((row: GridRow) => <FailureNote change={row.change as Staged} />, [])
  const nearEnd = useLatest(() => void loaded.turn('next'))
  const nearStart = useLatest(() => void loaded.turn('previous'))
  const jumpColumn = order[0]?.column ?? table.key[0] ?? null

  return (
    <div className="table-view">
      <Crumbs trail={route.trail} table={table} note={describe(query.filter)} reason={reason} />
      <Toolbar
        table={table}
        reason={reason}
        search={search}
        onSearch={setSearch}
        group={group}
        filterOpen={filterOpen}
        onFilterOpen={setFilterOpen}
        order={order}
        onOrder={setOrder}
        query={query}
        layout={layout}
        onLayout={changeLayout}
        hasRow={current !== undefined}
        onAction={act}
        panel={panel}
        onPanel={setPanel}
      />
      {filterOpen && (
        <FilterBar
          columns={orderedColumns(table, layout)}
          dialect={info.dialect}
          group={group}
          onChange={(next) => {
            setJump(undefined)
            setGroup(next)
          }}
          onClose={() => {
            setFilterOpen(false)
            handle.current?.focus()
          }}
        />
      )}
      {loaded.failure && (
        <p className="problem" role="alert">
          {loaded.failure.message}{loaded.failure.hint ? ` ${loaded.failure.hint}` : ''}
        </p>
      )}
      <div className="grid-and-panel">
        <div className={`grid-place${loaded.busy ? ' busy' : ''}`} aria-busy={loaded.busy || pending}>
          {columns.length === 0 ? (
            <Empty icon="columns" title="All columns are hidden">
              <button type="button" onClick={() => changeLayout({ ...layout, hidden: [] })}>Show all columns</button>
            </Empty>
          ) : (
            <Grid
              label={`Rows of ${tableLabel(table)}`}
              columns={columns}
              widths={widths}
              rows={rows}
              order={order}
              linked={linked}
              required={required}
              keyColumns={keyColumns}
              dialect={info.dialect}
              focus={focus}
              onFocus={focusTo}
              selected={selected}
              onSelect={select}
              editing={editing}
              onEdit={(value) => {
                if (current && currentColumn) put(current, currentColumn.name, value)
                setEditing(false)
              }}
              onEditEnd={() => setEditing(false)}
              onAction={act}
              onSort={sort}
              onResize={(column, width) => changeLayout({ ...layout, widths: { ...layout.widths, [column]: Math.round(width) } })}
              onMove={(moved, before) => changeLayout(moveColumn(table, layout, moved, orderedColumns(table, layout).findIndex((column) => column.name === before)))}
              onFollow={follow}
              onNearEnd={nearEnd}
              onNearStart={nearStart}
              bubble={bubble}
              handle={handle}
              firstNumber={firstNumber - changes.inserts.length}
            />
          )}
          {!loaded.busy && !loaded.failure && rows.length === 0 && (
            <div className="no-rows">
              <Empty icon="table" title={query.filter || query.search ? 'No row matches' : 'No rows'}>
                {query.filter || query.search ? (
                  <button type="button" onClick={() => { setGroup(groupFromFilter(undefined)); setSearch('') }}>Clear the filter</button>
                ) : reason === null ? (
                  <button type="button" onClick={() => act({ do: 'add' })}>Add a row</button>
                ) : null}
              </Empty>
            </div>
          )}
        </div>
        {panel && <SidePanel tab={panel} onTab={setPanel} table={table} row={current} onFollow={followTo} />}
      </div>
      <Footer
        table={name}
        known={table.rows}
        query={query}
        loaded={loaded}
        jumpColumn={jumpColumn}
        jumped={query.jump !== undefined}
        onJump={(value) => setJump(value)}
        onFirst={() => {
          setJump(undefined)
          if (!jump) loaded.restart()
          toTop()
        }}
        onLast={async () => {
          const count = await loaded.end()
          if (count === null) return
          const all = !query.filter && !query.search && table.rows?.exact === true ? table.rows.rows : count
          setFirstNumber(Math.max(1, all - count + 1))
          const row = Math.max(0, count + changes.inserts.length - 1)
          requestAnimationFrame(() => requestAnimationFrame(() => {
            setFocus((before) => ({ ...before, row }))
            handle.current?.reveal(row)
            handle.current?.focus()
          }))
        }}
        onTurn={async (direction) => {
          const at = await loaded.turn(direction, true)
          if (at === null) return
          const row = direction === 'next' ? at + changes.inserts.length : at
          requestAnimationFrame(() => requestAnimationFrame(() => {
            setFocus((before) => ({ ...before, row }))
            handle.current?.reveal(row)
            handle.current?.focus()
          }))
        }}
      />
    </div>
  )
}

/** A filter in few words, for the way back. */
function describe(filter: Filter | undefined): string {
  if (!filter) return ''
  if ('and' in filter) return filter.and.map(describe).join(', ')
  if ('or' in filter) return filter.or.map(describe).join(' or ')
  if ('not' in filter) return `not (${describe(filter.not)})`
  const value = filter.values ? filter.values.join(', ') : (filter.value ?? '')
  return `${filter.column} ${filter.op} ${value.length > 24 ? `${value.slice(0, 24)}…` : value}`.trim()
}

/** The column a refusal is about; without one, the first that was edited. */
function refusedAt(change: Staged | null | undefined): string | undefined {
  if (change?.failure?.column !== undefined) return change.failure.column
  return change?.kind === 'update' ? Object.keys(change.values)[0] : undefined
}
