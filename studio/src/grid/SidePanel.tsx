import type { Filter, Table, TableInfo } from '../api/types'
import { CodeBlock } from '../shell/Copy'
import { Icon } from '../shell/icons'
import { useStudio } from '../shell/studio'
import { DetailPanel } from './DetailPanel'
import type { GridRow } from './gridRow'

export type PanelTab = 'row' | 'code'

export function SidePanel(props: {
  tab: PanelTab
  onTab: (tab: PanelTab | null) => void
  table: TableInfo
  row: GridRow | undefined
  onFollow: (table: Table, filter: Filter | null, label: string) => void
}) {
  const { code } = useStudio()
  return (
    <aside className="side-panel" aria-label="Details" onKeyDown={(event) => { if (event.key === 'Escape') props.onTab(null) }}>
      <div className="tabs">
        <div className="tab-strip" role="tablist" aria-label="Details">
        {(['row', 'code'] as const).map((tab) => (
          <button key={tab} id={`panel-tab-${tab}`} type="button" role="tab" aria-controls="panel-body" aria-selected={props.tab === tab} onClick={() => props.onTab(tab)}>
            {tab === 'row' ? 'Row' : 'SQL and Diesel'}
          </button>
        ))}
        </div>
        <span className="grow" />
        <button type="button" className="ghost square small" aria-label="Close the panel" onClick={() => props.onTab(null)}>
          <Icon name="close" size={14} />
        </button>
      </div>
      <div className="panel-body" id="panel-body" role="tabpanel" aria-labelledby={`panel-tab-${props.tab}`} tabIndex={0}>
        {props.tab === 'row' ? (
          <DetailPanel table={props.table} row={props.row} onFollow={props.onFollow} />
        ) : code ? (
          <>
            <CodeBlock title="SQL" text={code.sql} />
            <CodeBlock title="Diesel" text={code.diesel} />
          </>
        ) : (
          <p className="panel-empty">Nothing was asked of the database yet.</p>
        )}
      </div>
    </aside>
  )
}
