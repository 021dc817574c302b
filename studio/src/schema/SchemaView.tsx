import { lazy, Suspense, useState } from 'react'
import type { TableInfo } from '../api/types'
import { useStudio } from '../shell/studio'
import './schema.css'
import { Structure } from './Structure'

const Diagram = lazy(() => import('./Diagram'))

export default function SchemaView(props: { table: TableInfo | null }) {
  const { schema } = useStudio()
  const [shown, setShown] = useState<'structure' | 'diagram'>(props.table ? 'structure' : 'diagram')
  return (
    <div className="schema-view">
      <div className="tabs" role="tablist" aria-label="Schema">
        {(['structure', 'diagram'] as const).map((each) => (
          <button key={each} type="button" role="tab" id={`schema-tab-${each}`} aria-controls="schema-panel" aria-selected={shown === each} onClick={() => setShown(each)}>
            {each === 'structure' ? 'Structure' : 'Diagram'}
          </button>
        ))}
      </div>
      <div id="schema-panel" role="tabpanel" aria-labelledby={`schema-tab-${shown}`} className="schema-panel">
        {shown === 'structure' ? (
          <Structure table={props.table} enums={schema.enums} />
        ) : (
          <Suspense fallback={<p className="loading" role="status">Loading…</p>}>
            <Diagram table={props.table} />
          </Suspense>
        )}
      </div>
    </div>
  )
}
