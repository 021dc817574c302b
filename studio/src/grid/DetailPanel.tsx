import { useEffect, useState } from 'react'
import { api, failureOf } from '../api/client'
import { arrayElements, blobHex, cellText, hexDump, isBlob, prettyJson } from '../api/cell'
import type { Cell, ColumnInfo, RowLinks, Table, TableInfo } from '../api/types'
import { CopyButton } from '../shell/Copy'
import { Icon } from '../shell/icons'
import { useStudio } from '../shell/studio'
import { byteLabel } from './CellView'
import { childFilter, parentFilter, referenceLabel } from './follow'
import type { GridRow } from './gridRow'

type FollowTo = (table: Table, filter: ReturnType<typeof parentFilter>, label: string) => void

/** Everything of one row: long values in full, and the rows it refers to and is referred to by. */
export function DetailPanel(props: { table: TableInfo; row: GridRow | undefined; onFollow: FollowTo }) {
  const { table, row } = props
  if (!row) return <p className="panel-empty">No row is chosen.</p>
  return (
    <div className="detail">
      <dl>
        {table.columns.map((column) => (
          <div key={column.name} className="detail-field">
            <dt>
              <span>{column.name}</span>
              <small>{column.type}</small>
              {row.values[column.name] != null && <CopyButton text={cellText(row.values[column.name] ?? null)} label={`Copy ${column.name}`} />}
            </dt>
            <dd><FullValue cell={row.values[column.name]} column={column} /></dd>
          </div>
        ))}
      </dl>
      {row.key.length > 0 && row.state !== 'new' && <Links key={row.id} {...props} row={row} />}
    </div>
  )
}

function FullValue(props: { cell: Cell | undefined; column: ColumnInfo }) {
  const { cell, column } = props
  if (cell === undefined) return <span className="absent">default{column.default === null ? '' : `: ${column.default}`}</span>
  if (cell === null) return <span className="absent">NULL</span>
  const text = cellText(cell)
  if (text === '') return <span className="absent">empty text</span>
  if (isBlob(cell, column.kind)) {
    const hex = blobHex(cell)
    return (
      <>
        <small className="soft">{byteLabel(hex.length / 2)}</small>
        <pre tabIndex={0} aria-label={`${column.name} in hexadecimal`}>{hexDump(hex)}</pre>
      </>
    )
  }
  if (column.kind === 'json') return <pre tabIndex={0} aria-label={column.name}>{prettyJson(text)}</pre>
  const elements = column.kind === 'array' ? arrayElements(text) : null
  if (elements && elements.length > 0) {
    return (
      <ol className="elements">
        {elements.slice(0, 500).map((element, at) => (
          <li key={at}>{element === null ? <span className="absent">NULL</span> : element}</li>
        ))}
      </ol>
    )
  }
  if (text.length > 80 || text.includes('\n')) return <pre className="wrapped" tabIndex={0} aria-label={column.name}>{text}</pre>
  return <>{text}</>
}

function Links(props: { table: TableInfo; row: GridRow; onFollow: FollowTo }) {
  const { table, row, onFollow } = props
  const { epoch, setCode } = useStudio()
  const [links, setLinks] = useState<RowLinks | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const key = JSON.stringify(row.key)
  useEffect(() => {
    const abort = new AbortController()
    // Moving through rows with a key held down asks for the last one only.
    const timer = setTimeout(() => {
      api
        .row({ schema: table.schema, name: table.name }, JSON.parse(key) as Cell[], abort.signal)
        .then((answer) => {
          setLinks(answer)
          setProblem(null)
          setCode({ sql: answer.sql, diesel: answer.diesel })
        })
        .catch((error: unknown) => {
          if (!abort.signal.aborted) setProblem(failureOf(error).message)
        })
    }, 120)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [table, key, epoch, setCode])
  if (problem) return <p className="problem">{problem}</p>
  const parents = table.foreign_keys
  const children = table.referenced_by
  return (
    <>
      {parents.length > 0 && <h3>Refers to</h3>}
      <ul className="links">
        {parents.map((each) => {
          const filter = parentFilter(each, row.values)
          const found = links?.parents.find((link) => JSON.stringify(link.key.columns) === JSON.stringify(each.columns) && link.key.table.name === each.table.name)
          const text = found?.row?.slice(0, 4).map((cell) => (cell === null ? 'NULL' : cellText(cell).slice(0, 40))).join(' · ')
          return (
            <li key={`${each.name ?? ''}${each.columns.join()}`}>
              <button type="button" className="link-row" disabled={filter === null} onClick={() => onFollow(each.table, filter, each.table.name)}>
                <Icon name="right" size={12} />
                <span className="link-name">{each.table.name}</span>
                <span className="link-note">{filter === null ? 'NULL' : found && found.row === null ? 'missing' : (text ?? '')}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {children.length > 0 && <h3>Referred to by</h3>}
      <ul className="links">
        {children.map((each, at) => {
          const filter = childFilter(each, row.values)
          const found = links?.children.find((link) => link.key.from.name === each.from.name && link.key.from.schema === each.from.schema && JSON.stringify(link.key.columns) === JSON.stringify(each.columns))
          return (
            <li key={at}>
              <button type="button" className="link-row" disabled={filter === null} onClick={() => onFollow(each.from, filter, referenceLabel(each.from, each))}>
                <Icon name="left" size={12} />
                <span className="link-name">{referenceLabel(each.from, each)}</span>
                <span className="link-note">{found ? (found.rows === null ? 'many' : `${found.exact ? '' : '~'}${found.rows}`) : ''}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </>
  )
}
