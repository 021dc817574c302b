import { tableLabel } from '../api/names'
import type { TableInfo } from '../api/types'
import { Icon } from '../shell/icons'
import { go, type Crumb } from '../shell/route'

/** Where one came from by following keys, and what this is. */
export function Crumbs(props: { trail: Crumb[]; table: TableInfo; note: string; reason: string | null }) {
  const { trail, table, note, reason } = props
  return (
    <div className="crumbs">
      <nav aria-label="Followed keys">
        <ol>
          {trail.map((crumb, at) => (
            <li key={at}>
              <button
                type="button"
                className="ghost small"
                title={crumb.label}
                onClick={() => go({ view: 'data', table: crumb.table, position: crumb.position, trail: trail.slice(0, at) })}
              >
                {tableLabel(crumb.table)}
              </button>
              <Icon name="right" size={12} />
            </li>
          ))}
          <li aria-current="page">
            <h1>{tableLabel(table)}</h1>
          </li>
        </ol>
      </nav>
      {trail.length > 0 && note && <span className="crumb-note">{note}</span>}
      {table.kind !== 'table' && <span className="tag">{table.kind}</span>}
      {reason && (
        <span className="tag warn" title={reason}>
          <Icon name="lock" size={11} /> read-only: {reason}
        </span>
      )}
      {table.comment && <span className="soft crumb-comment only-wide" title={table.comment}>{table.comment}</span>}
    </div>
  )
}
