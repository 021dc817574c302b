import { useEffect, useRef, useState } from 'react'
import { api, newRequest } from '../api/client'
import type { Cell, Table, TableInfo } from '../api/types'
import { Icon } from '../shell/icons'
import type { Position } from '../shell/route'
import { useStudio } from '../shell/studio'
import type { useRows } from './useRows'

type Counting = { state: 'idle' } | { state: 'busy'; request: string } | { state: 'done'; rows: number; exact: boolean }

export function Footer(props: {
  table: Table
  known: TableInfo['rows']
  query: Position
  loaded: ReturnType<typeof useRows>
  jumpColumn: string | null
  jumped: boolean
  onJump: (value: Cell[] | undefined) => void
  onFirst: () => void
  onLast: () => void
  onTurn: (direction: 'next' | 'previous') => void
}) {
  const { table, known, query, loaded } = props
  const { epoch, report, setCode } = useStudio()
  const [counting, setCounting] = useState<Counting>({ state: 'idle' })
  const [jump, setJump] = useState('')
  const filtered = query.filter !== undefined || query.search !== undefined
  const asked = JSON.stringify([query.filter, query.search, epoch])
  const latest = useRef(asked)
  useEffect(() => {
    latest.current = asked
    setCounting({ state: 'idle' })
  }, [asked])

  const count = async () => {
    const request = newRequest()
    const mine = asked
    setCounting({ state: 'busy', request })
    try {
      const answer = await api.count({ table, request, ...(query.filter ? { filter: query.filter } : {}), ...(query.search ? { search: query.search } : {}) })
      if (latest.current !== mine) return
      setCounting({ state: 'done', rows: answer.rows, exact: answer.exact })
      setCode({ sql: answer.sql, diesel: answer.diesel })
    } catch (error) {
      if (latest.current === mine) setCounting({ state: 'idle' })
      report(error)
    }
  }
  const total =
    counting.state === 'done' ? `${counting.exact ? '' : '~'}${counting.rows.toLocaleString('en')} rows`
    : filtered ? 'rows matching' : known === null ? 'rows' : `${known.exact ? '' : '~'}${known.rows.toLocaleString('en')} rows`
  return (
    <footer className="grid-footer">
      <span className="loaded">{loaded.rows.length} loaded ·</span>
      <span aria-live="polite">{total}</span>
      {counting.state === 'busy' ? (
        <button type="button" className="ghost small" onClick={() => void api.cancel(counting.request).catch(report)}>Counting… cancel</button>
      ) : (
        counting.state === 'idle' && (filtered || known === null || !known.exact) && (
          <button type="button" className="ghost small" onClick={() => void count()}>Count</button>
        )
      )}
      {loaded.ms !== null && <span className="soft only-wide">· {loaded.ms < 10 ? loaded.ms.toFixed(2) : Math.round(loaded.ms)} ms</span>}
      <span className="grow" />
      {props.jumpColumn !== null && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            props.onJump(jump === '' ? undefined : [jump])
          }}
        >
          <label className="jump">
            <span className="only-wide">Jump to {props.jumpColumn}</span>
            <input id="jump" aria-label={`Jump to ${props.jumpColumn}`} value={jump} spellCheck={false} autoComplete="off" onChange={(event) => setJump(event.target.value)} />
          </label>
        </form>
      )}
      <button type="button" className="ghost small" onClick={props.onFirst}>First</button>
      <button type="button" className="ghost square small" aria-label="Previous page" disabled={!loaded.hasPrevious} onClick={() => props.onTurn('previous')}>
        <Icon name="left" size={14} />
      </button>
      <button type="button" className="ghost square small" aria-label="Next page" disabled={!loaded.hasNext} onClick={() => props.onTurn('next')}>
        <Icon name="right" size={14} />
      </button>
      <button type="button" className="ghost small" disabled={!loaded.hasNext} onClick={props.onLast}>Last</button>
    </footer>
  )
}
