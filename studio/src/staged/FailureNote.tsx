import { cellText, sameCell } from '../api/cell'
import { findTable } from '../api/names'
import { useStudio } from '../shell/studio'
import { rowValues, type Staged } from './model'

/** What the database said about one staged edit, at its place, with the ways on. */
export function FailureNote(props: { change: Staged }) {
  const { schema, dispatch, refresh } = useStudio()
  const { change } = props
  const failure = change.failure
  if (!failure) return null
  const table = findTable(schema, change.table)
  const theirs = failure.theirs && table ? rowValues(table.columns, failure.theirs) : null
  const conflict = failure.kind === 'conflict'
  const differing = theirs && change.kind !== 'insert' ? Object.keys(theirs).filter((name) => name in change.old && !sameCell(theirs[name], change.old[name])) : []
  return (
    <div className="failure-note" role="alert">
      <p>
        {conflict && (theirs ? 'Somebody changed this row meanwhile. ' : failure.theirs === null ? 'Somebody deleted this row meanwhile. ' : '')}
        {!conflict || !theirs ? failure.message : ''}
      </p>
      {failure.hint && <p className="soft">{failure.hint}</p>}
      {differing.length > 0 && change.kind !== 'insert' && (
        <dl className="theirs">
          {differing.map((name) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <del>{cellText(change.old[name] ?? null) || 'NULL'}</del> <ins>{cellText(theirs?.[name] ?? null) || 'NULL'}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div className="row">
        {conflict && (
          <button
            type="button"
            className="small"
            onClick={() => {
              dispatch({ do: 'drop', id: change.id })
              refresh()
            }}
          >
            Take theirs
          </button>
        )}
        {conflict && theirs && (
          <button
            type="button"
            className="small primary"
            onClick={() => {
              dispatch({ do: 'keep-mine', id: change.id, old: theirs })
              refresh()
            }}
          >
            Keep mine
          </button>
        )}
        {!conflict && (
          <button type="button" className="small" onClick={() => dispatch({ do: 'drop', id: change.id })}>Discard this edit</button>
        )}
      </div>
    </div>
  )
}
