import { useState } from 'react'
import { cellText } from '../api/cell'
import { tableLabel } from '../api/names'
import { Icon } from '../shell/icons'
import { go } from '../shell/route'
import { useStudio } from '../shell/studio'
import { FailureNote } from './FailureNote'
import type { Staged } from './model'

export function changeSummary(change: Staged): string {
  const value = (cell: Parameters<typeof cellText>[0]) => (cell === null ? 'NULL' : cellText(cell) === '' ? '(empty)' : cellText(cell).slice(0, 60))
  const key = change.kind === 'insert' ? '' : change.key.map((cell) => value(cell)).join(', ')
  if (change.kind === 'delete') return `row ${key}`
  const values = Object.entries(change.values).map(([name, cell]) => `${name} = ${value(cell)}`).join(', ')
  return change.kind === 'insert' ? values || 'all defaults' : `row ${key}: ${values}`
}

export function StagedBar(props: { onReview: () => void }) {
  const { staged, dispatch } = useStudio()
  const [listed, setListed] = useState(false)
  const count = staged.changes.length
  const failures = staged.changes.filter((change) => change.failure).length
  return (
    <section className="staged-bar" aria-label="Staged edits">
      {listed && (
        <ul className="staged-list">
          {staged.changes.map((change) => (
            <li key={change.id}>
              <div className="row">
                <span className={`tag ${change.kind === 'insert' ? 'good' : change.kind === 'delete' ? 'bad' : 'warn'}`}>{change.kind}</span>
                <button type="button" className="ghost small" onClick={() => go({ view: 'data', table: change.table })}>{tableLabel(change.table)}</button>
                <span className="staged-summary">{changeSummary(change)}</span>
                <span className="grow" />
                <button type="button" className="ghost small" onClick={() => dispatch({ do: 'drop', id: change.id })}>Discard</button>
              </div>
              <FailureNote change={change} />
            </li>
          ))}
        </ul>
      )}
      <div className="staged-main">
        <button type="button" className="ghost small" aria-expanded={listed} onClick={() => setListed(!listed)}>
          <Icon name={listed ? 'down' : 'up'} size={14} />
          <strong>{count === 1 ? '1 staged edit' : `${count} staged edits`}</strong>
        </button>
        <span className="soft only-wide">Nothing is written before you save.</span>
        {failures > 0 && <span className="tag bad">{failures} refused</span>}
        <span className="grow" />
        <button type="button" className="small" disabled={staged.undo.length === 0} title="Undo (Ctrl+Z)" onClick={() => dispatch({ do: 'undo' })}>
          <Icon name="undo" size={14} /> Undo
        </button>
        <button type="button" className="small" onClick={() => dispatch({ do: 'clear' })}>Discard all</button>
        <button type="button" className="small primary" title="Ctrl+S" onClick={props.onReview}>Review and save…</button>
      </div>
    </section>
  )
}
