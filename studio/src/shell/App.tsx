import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { findTable, tableId } from '../api/names'
import type { Table } from '../api/types'
import { TableView } from '../grid/TableView'
import { Review } from '../staged/Review'
import { StagedBar } from '../staged/StagedBar'
import { environmentTone } from './environment'
import { Help } from './Help'
import { Notices } from './Notices'
import { go, useRoute } from './route'
import { Empty } from './screens'
import { useStudio } from './studio'
import { TableList } from './TableList'
import { TopBar } from './TopBar'
import { Unlock } from './Unlock'

const Console = lazy(() => import('../console/Console'))
const SchemaView = lazy(() => import('../schema/SchemaView'))
const MigrationsView = lazy(() => import('../migrations/MigrationsView'))

type Open = 'unlock' | 'help' | 'review' | null

function editing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.shadowRoot !== null)
}

export function App() {
  const { info, schema, staged, dispatch } = useStudio()
  const route = useRoute()
  const [open, setOpen] = useState<Open>(null)
  const [tablesOpen, setTablesOpen] = useState(false)
  const table = route.table === null ? undefined : findTable(schema, route.table)
  const withList = route.view === 'data' || route.view === 'schema'
  const { name, colour, protected: guarded } = info.environment
  const count = staged.changes.length

  useEffect(() => {
    document.title = [table?.name, info.project, name, 'dbkit studio'].filter(Boolean).join(' · ')
  }, [table, info, name])

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return
      const command = event.ctrlKey || event.metaKey
      if (command && event.key === 's') {
        event.preventDefault()
        if (count > 0) setOpen('review')
      } else if (event.key === '?' && !editing(event.target)) {
        event.preventDefault()
        setOpen('help')
      } else if (command && event.key.toLowerCase() === 'z' && !editing(event.target)) {
        event.preventDefault()
        dispatch({ do: event.shiftKey ? 'redo' : 'undo' })
      } else if (command && event.key === 'p') {
        event.preventDefault()
        setTablesOpen(true)
        requestAnimationFrame(() => document.getElementById('table-filter')?.focus())
      }
    }
    window.addEventListener('keydown', key)
    return () => window.removeEventListener('keydown', key)
  }, [count, dispatch])

  useEffect(() => {
    if (count === 0) return
    const leave = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', leave)
    return () => window.removeEventListener('beforeunload', leave)
  }, [count])

  const openTable = useCallback(
    (next: Table) => {
      setTablesOpen(false)
      go({ view: route.view === 'schema' ? 'schema' : 'data', table: next })
    },
    [route.view],
  )

  return (
    <div className="app" data-tone={environmentTone(name, colour, guarded)}>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus() }}>
        Skip to the content
      </a>
      <TopBar
        onUnlock={() => setOpen('unlock')}
        onHelp={() => setOpen('help')}
        onTables={() => setTablesOpen(!tablesOpen)}
        tablesOpen={tablesOpen}
      />
      <Warnings />
      <div className="work">
        {withList && (
          <aside className={tablesOpen ? 'sidebar open' : 'sidebar'} aria-label="Tables">
            <TableList current={route.table} onOpen={openTable} />
          </aside>
        )}
        <main id="main" tabIndex={-1}>
          <Suspense fallback={<p className="loading" role="status">Loading…</p>}>
            {route.view === 'data' &&
              (table ? (
                <TableView key={`${tableId(table)} ${route.entry}`} table={table} route={route} />
              ) : (
                <Empty icon="table" title={route.table ? `No table ${route.table.name} here` : 'Choose a table'}>
                  <p>{schema.tables.length === 0 ? 'This database has no tables yet.' : <>Press <kbd>Ctrl</kbd> <kbd>P</kbd> and type a part of its name.</>}</p>
                </Empty>
              ))}
            {route.view === 'sql' && <Console />}
            {route.view === 'schema' && <SchemaView table={table ?? null} />}
            {route.view === 'migrations' && <MigrationsView />}
          </Suspense>
        </main>
      </div>
      {count > 0 && <StagedBar onReview={() => setOpen('review')} />}
      {open === 'unlock' && <Unlock onClose={() => setOpen(null)} />}
      {open === 'help' && <Help onClose={() => setOpen(null)} />}
      {open === 'review' && <Review onClose={() => setOpen(null)} />}
      <Notices />
    </div>
  )
}

function Warnings() {
  const { info } = useStudio()
  const [hidden, setHidden] = useState(false)
  if (hidden || info.warnings.length === 0) return null
  return (
    <div className="warnings" role="status">
      <span>{info.warnings.join(' ')}</span>
      <button type="button" className="ghost small" onClick={() => setHidden(true)}>Dismiss</button>
    </div>
  )
}
