import { lazy, Suspense, useState } from 'react'
import type { Order, TableInfo } from '../api/types'
import { countConditions, type Group } from '../filters/model'
import { Icon } from '../shell/icons'
import { Menu } from '../shell/Menu'
import type { Position } from '../shell/route'
import type { GridAction } from './keyboard'
import { moveColumn, orderedColumns, type Layout } from './layout'
import type { PanelTab } from './SidePanel'

const ExportDialog = lazy(() => import('../transfer/ExportDialog'))
const ImportDialog = lazy(() => import('../transfer/ImportDialog'))

type Props = {
  table: TableInfo
  reason: string | null
  search: string
  onSearch: (text: string) => void
  group: Group
  filterOpen: boolean
  onFilterOpen: (open: boolean) => void
  order: Order[]
  onOrder: (order: Order[]) => void
  query: Position
  layout: Layout
  onLayout: (layout: Layout) => void
  hasRow: boolean
  onAction: (action: Extract<GridAction, { do: string }>) => void
  panel: PanelTab | null
  onPanel: (panel: PanelTab | null) => void
}

export function Toolbar(props: Props) {
  const { table, reason, order, onAction } = props
  const [open, setOpen] = useState<'export' | 'import' | null>(null)
  const conditions = countConditions(props.group)
  return (
    <div className="toolbar" role="toolbar" aria-label="Rows">
      <button type="button" className={`ghost${props.filterOpen ? ' on' : ''}`} aria-expanded={props.filterOpen} title="Filter (/)" onClick={() => props.onFilterOpen(!props.filterOpen)}>
        <Icon name="filter" /> <span className="tool-label">Filter</span>{conditions > 0 && <span className="badge">{conditions}</span>}
      </button>
      <input
        id="row-search"
        type="search"
        placeholder="Search text"
        aria-label="Search text in all columns"
        spellCheck={false}
        autoComplete="off"
        value={props.search}
        onChange={(event) => props.onSearch(event.target.value)}
      />
      <Columns {...props} />
      {order.length > 0 && (
        <button type="button" className="ghost small" title="Clear the order" onClick={() => props.onOrder([])}>
          <Icon name="close" size={12} /> {order.map((each) => `${each.column} ${each.desc ? '↓' : '↑'}`).join(', ')}
        </button>
      )}
      <span className="grow" />
      {reason === null && (
        <>
          <button type="button" className="ghost" title="Add a row (A)" onClick={() => onAction({ do: 'add' })}>
            <Icon name="plus" /> <span className="tool-label">Add row</span>
          </button>
          <button type="button" className="ghost square" aria-label="Duplicate the row" title="Duplicate the row (D)" disabled={!props.hasRow} onClick={() => onAction({ do: 'duplicate' })}>
            <Icon name="copy" />
          </button>
          <button type="button" className="ghost square" aria-label="Stage the deletion" title="Stage the deletion (Del)" disabled={!props.hasRow} onClick={() => onAction({ do: 'delete' })}>
            <Icon name="trash" />
          </button>
        </>
      )}
      <button type="button" className="ghost square" aria-label="Export" title="Export" onClick={() => setOpen('export')}>
        <Icon name="download" />
      </button>
      {reason === null && (
        <button type="button" className="ghost square" aria-label="Import CSV" title="Import CSV" onClick={() => setOpen('import')}>
          <Icon name="upload" />
        </button>
      )}
      <button type="button" className="ghost square" aria-label="Load again" title="Load again (R)" onClick={() => onAction({ do: 'reload' })}>
        <Icon name="refresh" />
      </button>
      <button type="button" className={`ghost square${props.panel === 'code' ? ' on' : ''}`} aria-label="SQL and Diesel" aria-pressed={props.panel === 'code'} title="SQL and Diesel of this view" onClick={() => props.onPanel(props.panel === 'code' ? null : 'code')}>
        <Icon name="code" />
      </button>
      <button type="button" className={`ghost square${props.panel === 'row' ? ' on' : ''}`} aria-label="Row detail" aria-pressed={props.panel === 'row'} title="Row detail (Space)" onClick={() => props.onPanel(props.panel === 'row' ? null : 'row')}>
        <Icon name="panel" />
      </button>
      <Suspense fallback={null}>
        {open === 'export' && (
          <ExportDialog source={{ table, position: props.query, columns: orderedColumns(table, props.layout).filter((column) => !props.layout.hidden.includes(column.name)).map((column) => column.name) }} onClose={() => setOpen(null)} />
        )}
        {open === 'import' && <ImportDialog table={table} onClose={() => setOpen(null)} />}
      </Suspense>
    </div>
  )
}

function Columns(props: Props) {
  const { table, layout, onLayout } = props
  const columns = orderedColumns(table, layout)
  return (
    <Menu
      label="Columns"
      button={
        <>
          <Icon name="columns" /> <span className="tool-label">Columns</span>
          {layout.hidden.length > 0 && <span className="badge">{columns.filter((column) => !layout.hidden.includes(column.name)).length}/{columns.length}</span>}
        </>
      }
    >
      {() => (
        <div className="column-menu">
          {columns.map((column, at) => {
            const hidden = layout.hidden.includes(column.name)
            return (
              <div key={column.name} className="row">
                <label className="row grow">
                  <input
                    type="checkbox"
                    checked={!hidden}
                    onChange={() => onLayout({ ...layout, hidden: hidden ? layout.hidden.filter((name) => name !== column.name) : [...layout.hidden, column.name] })}
                  />
                  <span className="column-name">{column.name}</span>
                  <small className="soft">{column.type}</small>
                </label>
                <button type="button" className="ghost square small" aria-label={`Move ${column.name} to the left`} disabled={at === 0} onClick={() => onLayout(moveColumn(table, layout, column.name, at - 1))}>
                  <Icon name="up" size={12} />
                </button>
                <button type="button" className="ghost square small" aria-label={`Move ${column.name} to the right`} disabled={at === columns.length - 1} onClick={() => onLayout(moveColumn(table, layout, column.name, at + 1))}>
                  <Icon name="down" size={12} />
                </button>
              </div>
            )
          })}
          <div className="row end">
            <button type="button" className="small" onClick={() => onLayout({ order: [], hidden: [], widths: {} })}>Reset</button>
          </div>
        </div>
      )}
    </Menu>
  )
}
