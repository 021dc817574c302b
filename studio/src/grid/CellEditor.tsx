import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { cellFromText, cellText, cellTruth, complaint, prettyJson, type Dialect } from '../api/cell'
import type { Cell, ColumnInfo } from '../api/types'

const hints: Partial<Record<ColumnInfo['kind'], string>> = {
  date: 'YYYY-MM-DD',
  time: 'HH:MM:SS.ffffff',
  timestamp: 'YYYY-MM-DD HH:MM:SS.ffffff+00',
  interval: '1 day 02:03:04',
  uuid: '00000000-0000-0000-0000-000000000000',
  bytes: '\\x68656c6c6f',
  array: '{1,2,3}',
  range: '[1,10)',
  json: '{"key": "value"}',
}

export type Leave = 'stay' | 'down' | 'right' | 'left'

/**
 * Edits one value. NULL is a choice of its own: an empty text stays an empty text.
 * `undefined` is a new row's «left to the default».
 */
export function CellEditor(props: {
  column: ColumnInfo
  cell: Cell | undefined
  dialect: Dialect
  isNew: boolean
  onCommit: (value: Cell | undefined, leave: Leave) => void
  onCancel: () => void
}) {
  const { column, cell, dialect, isNew, onCommit, onCancel } = props
  const [isNull, setNull] = useState(cell === null)
  const [text, setText] = useState(() => {
    const initial = cell === undefined ? '' : cellText(cell)
    return column.kind === 'json' ? prettyJson(initial) : initial
  })
  const [touched, setTouched] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const done = useRef(false)
  const original = cell === undefined || cell === null ? '' : cellText(cell)
  const long = column.kind === 'json' || column.kind === 'bytes' || original.length > 60 || original.includes('\n')
  const choices = column.kind === 'boolean' ? ['true', 'false'] : column.kind === 'enum' ? column.labels : null
  const wrong = !isNull && touched && text !== '' && choices === null ? complaint(text, column) : null

  useEffect(() => {
    const input = box.current?.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>('[data-value]')
    input?.focus()
    if (input && 'select' in input && !long) input.select()
  }, [long])

  const commit = (leave: Leave) => {
    if (done.current) return
    done.current = true
    if (!touched) onCancel()
    else if (isNull) onCommit(null, leave)
    else onCommit(cellFromText(text, column, dialect, cell), leave)
  }
  const cancel = () => {
    done.current = true
    onCancel()
  }
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Escape') cancel()
    else if (event.key === 'Enter' && (!long || event.ctrlKey || event.metaKey) && event.target instanceof HTMLElement && event.target.tagName !== 'BUTTON') commit('down')
    else if (event.key === 'Tab' && event.target instanceof HTMLElement && event.target.hasAttribute('data-value')) commit(event.shiftKey ? 'left' : 'right')
    else if ((event.ctrlKey || event.metaKey) && event.key === '0' && column.nullable) {
      setNull(true)
      setTouched(true)
    } else return
    event.preventDefault()
  }
  const change = (value: string) => {
    setText(value)
    setNull(false)
    setTouched(true)
  }
  const label = `${column.name}, ${column.type}`
  const placeholder = isNull ? 'NULL' : isNew && cell === undefined ? (column.default ?? 'default') : (hints[column.kind] ?? '')
  return (
    <div
      ref={box}
      className={`cell-editor${long ? ' long' : ''}`}
      onKeyDown={keys}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) commit('stay')
      }}
    >
      {choices ? (
        <select
          data-value
          aria-label={label}
          value={isNull ? 'null' : cell === undefined && !touched ? 'default' : `=${column.kind === 'boolean' ? String(cellTruth(text)) : text}`}
          onChange={(event) => {
            const value = event.target.value
            done.current = true
            if (value === 'default') onCommit(undefined, 'stay')
            else if (value === 'null') onCommit(null, 'stay')
            else onCommit(cellFromText(value.slice(1), column, dialect, cell), 'stay')
          }}
        >
          {isNew && <option value="default">default</option>}
          {choices.map((choice) => (
            <option key={choice} value={`=${choice}`}>{choice}</option>
          ))}
          {(column.nullable || isNull) && <option value="null">NULL</option>}
        </select>
      ) : long ? (
        <textarea data-value aria-label={label} value={text} placeholder={placeholder} rows={8} spellCheck={false} onChange={(event) => change(event.target.value)} />
      ) : (
        <input data-value aria-label={label} value={text} placeholder={placeholder} spellCheck={false} autoComplete="off" onChange={(event) => change(event.target.value)} />
      )}
      {(wrong || long || column.nullable || isNew) && !choices && (
        <div className="cell-editor-foot">
          {wrong && <span className="wrong" role="alert">{wrong}</span>}
          <span className="grow" />
          {isNew && (
            <button type="button" className="small" onClick={() => { done.current = true; onCommit(undefined, 'stay') }}>
              Default
            </button>
          )}
          {column.nullable && (
            <button type="button" className="small" aria-pressed={isNull} title="NULL (Ctrl+0)" onClick={() => { done.current = true; onCommit(null, 'stay') }}>
              NULL
            </button>
          )}
          {column.kind === 'json' && (
            <button type="button" className="small" onClick={() => change(prettyJson(text))}>Format</button>
          )}
          {column.kind === 'text' && text !== '' && (
            <button type="button" className="small" onClick={() => { done.current = true; onCommit('', 'stay') }}>Empty</button>
          )}
          {long && (
            <button type="button" className="small primary" title="Ctrl+Enter" onClick={() => commit('stay')}>Done</button>
          )}
        </div>
      )}
    </div>
  )
}
