import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { api, failureOf, newRequest } from '../api/client'
import type { Failure, PlanNode, QueryResult } from '../api/types'
import { Icon } from '../shell/icons'
import { Menu } from '../shell/Menu'
import { Empty } from '../shell/screens'
import { useStudio } from '../shell/studio'
import ExportDialog from '../transfer/ExportDialog'
import './console.css'
import { Editor, type EditorHandle } from './Editor'
import { forgetPast, loadDraft, loadPast, rememberStatement, saveDraft } from './past'
import { Plan } from './Plan'
import { ResultGrid } from './ResultGrid'
import { statementAt } from './statements'

type Tab = { id: number; title: string; sql: string; ms: number; notices: string[] } & (
  | { kind: 'rows'; result: QueryResult }
  | { kind: 'plan'; plan: PlanNode }
  | { kind: 'failure'; failure: Failure }
)

const keptTabs = 12
let tabIds = 0

function titleOf(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim()
  return line.length > 28 ? `${line.slice(0, 28)}…` : line
}

export default function Console() {
  const { info, schema, refresh, reloadSchema, report } = useStudio()
  const [tabs, setTabs] = useState<Tab[]>([])
  const [active, setActive] = useState<number | null>(null)
  const [running, setRunning] = useState<{ request: string; since: number } | null>(null)
  const [limit, setLimit] = useState(1000)
  const [seconds, setSeconds] = useState(30)
  const [past, setPast] = useState(() => loadPast(info.project))
  const [exported, setExported] = useState<string | null>(null)
  const [height, setHeight] = useState(220)
  const editor = useRef<EditorHandle | null>(null)
  const runningNow = useRef(false)
  const draft = useMemo(() => loadDraft(info.project), [info.project])

  const open = useCallback((tab: Tab | Tab[]) => {
    const added = [tab].flat()
    setTabs((before) => [...before, ...added].slice(-keptTabs))
    setActive(added[0]?.id ?? null)
  }, [])

  const run = async (explain: boolean) => {
    const handle = editor.current
    if (!handle || runningNow.current) return
    const text = handle.text()
    const selection = handle.selection()
    const span = selection.from < selection.to ? selection : statementAt(text, selection.from)
    if (!span) return
    const sql = text.slice(span.from, span.to)
    const request = newRequest()
    runningNow.current = true
    setRunning({ request, since: Date.now() })
    setPast(rememberStatement(info.project, sql))
    const base = () => {
      tabIds += 1
      return { id: tabIds, title: titleOf(sql), sql, ms: 0, notices: [] as string[] }
    }
    try {
      const answer = await api.query({ request, sql, limit, timeout_ms: seconds * 1000, ...(explain ? { explain: true } : {}) })
      const shared = { ms: answer.ms, notices: answer.notices }
      if (answer.plan) open({ ...base(), ...shared, title: `Plan: ${titleOf(sql)}`, kind: 'plan', plan: answer.plan })
      else open(answer.results.map((result): Tab => ({ ...base(), ...shared, kind: 'rows', result })))
      if (/^\s*(create|alter|drop)\b/i.test(sql)) void reloadSchema()
      if (answer.results.some((result) => (result.affected ?? 0) > 0 && result.columns.length === 0)) refresh()
    } catch (error) {
      const failure = failureOf(error)
      open({ ...base(), kind: 'failure', failure })
      if (failure.position !== undefined) handle.markFault(span.from + failure.position - 1)
    } finally {
      runningNow.current = false
      setRunning(null)
    }
  }
  const latestRun = useRef(run)
  latestRun.current = run

  const tab = tabs.find((each) => each.id === active) ?? tabs.at(-1)
  return (
    <div className="console">
      <h1 className="hidden-label">SQL console</h1>
      <div className="toolbar" role="toolbar" aria-label="Statement">
        {running ? (
          <button type="button" className="danger" onClick={() => void api.cancel(running.request).catch(report)}>
            <Icon name="stop" size={14} /> Cancel <Elapsed since={running.since} />
          </button>
        ) : (
          <button type="button" className="primary" title="Ctrl+Enter" onClick={() => void run(false)}>
            <Icon name="play" size={14} /> Run
          </button>
        )}
        <button type="button" disabled={running !== null} title="Ctrl+Shift+E" onClick={() => void run(true)}>
          <Icon name="tree" size={14} /> Explain
        </button>
        {!info.writable && <span className="tag warn"><Icon name="lock" size={11} /> read-only</span>}
        <span className="grow" />
        <label className="row soft">
          Rows
          <select value={limit} onChange={(event) => setLimit(Number(event.target.value))}>
            {[100, 1000, 10000].map((each) => <option key={each} value={each}>{each.toLocaleString('en')}</option>)}
          </select>
        </label>
        <label className="row soft">
          Time
          <select value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
            {[5, 30, 300].map((each) => <option key={each} value={each}>{each < 60 ? `${each} s` : `${each / 60} min`}</option>)}
          </select>
        </label>
        <Menu label="History" align="right" button={<><Icon name="history" size={14} /> <span className="tool-label">History</span></>}>
          {(close) => (
            <div className="past">
              {past.length === 0 && <p className="empty-note">Nothing was run yet.</p>}
              {past.map((sql) => (
                <button
                  key={sql}
                  type="button"
                  className="menu-item mono"
                  title={sql}
                  onClick={() => {
                    close()
                    editor.current?.replace(sql)
                  }}
                >
                  {sql.replaceAll(/\s+/g, ' ').slice(0, 90)}
                </button>
              ))}
              {past.length > 0 && (
                <button type="button" className="menu-item" onClick={() => { forgetPast(info.project); setPast([]); close() }}>
                  <Icon name="trash" size={14} /> Clear the history
                </button>
              )}
            </div>
          )}
        </Menu>
      </div>
      <div className="editor-place-outer" style={{ height }}>
        <Editor
          initial={draft}
          info={info}
          schema={schema}
          handle={editor}
          onRun={() => void latestRun.current(false)}
          onExplain={() => void latestRun.current(true)}
          onChange={(text) => saveDraft(info.project, text)}
        />
      </div>
      <div
        className="splitter"
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the editor"
        aria-valuenow={height}
        aria-valuemin={80}
        aria-valuemax={800}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'ArrowUp') setHeight(Math.max(80, height - 20))
          else if (event.key === 'ArrowDown') setHeight(Math.min(800, height + 20))
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) setHeight((now) => Math.max(80, Math.min(800, now + event.movementY)))
        }}
      />
      {tabs.length > 0 && (
        <div className="tabs result-tabs">
          <div className="tab-strip" role="tablist" aria-label="Results">
            {tabs.map((each) => (
              <button key={each.id} type="button" role="tab" id={`result-tab-${each.id}`} aria-selected={each === tab} aria-controls="result-panel" title={each.sql} onClick={() => setActive(each.id)}>
                {each.kind === 'failure' && <Icon name="warning" size={12} />}
                {each.title}
              </button>
            ))}
          </div>
          <span className="grow" />
          {tab && (
            <button
              type="button"
              className="ghost square small"
              aria-label="Close this result"
              onClick={() => {
                setTabs(tabs.filter((each) => each !== tab))
                setActive(null)
              }}
            >
              <Icon name="close" size={12} />
            </button>
          )}
        </div>
      )}
      <div className="result" id="result-panel" role={tab ? 'tabpanel' : undefined} aria-labelledby={tab ? `result-tab-${tab.id}` : undefined}>
        {tab ? <Result key={tab.id} tab={tab} onExport={setExported} /> : (
          <Empty icon="code" title="Results appear here">
            <p><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or the statement under the cursor.</p>
          </Empty>
        )}
      </div>
      {exported !== null && <ExportDialog source={{ sql: exported }} onClose={() => setExported(null)} />}
    </div>
  )
}

function Elapsed(props: { since: number }) {
  const [now, setNow] = useState(props.since)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200)
    return () => clearInterval(timer)
  }, [])
  return <>{((now - props.since) / 1000).toFixed(1)} s</>
}

function Result(props: { tab: Tab; onExport: (sql: string) => void }) {
  const { tab } = props
  if (tab.kind === 'failure') {
    return (
      <div className="result-note">
        <p className="problem" role="alert">
          {tab.failure.message}{tab.failure.hint ? `\n${tab.failure.hint}` : ''}
        </p>
      </div>
    )
  }
  const notices = tab.notices.length > 0 && <pre className="notices-text">{tab.notices.join('\n')}</pre>
  const ms = `${tab.ms < 10 ? tab.ms.toFixed(2) : Math.round(tab.ms)} ms`
  if (tab.kind === 'plan') {
    return (
      <>
        {notices}
        <Plan plan={tab.plan} />
      </>
    )
  }
  const { result } = tab
  return (
    <>
      {notices}
      {result.columns.length > 0 ? (
        <ResultGrid result={result} />
      ) : (
        <p className="result-note" role="status">{result.command}{result.affected === null ? '' : `: ${result.affected} ${result.affected === 1 ? 'row' : 'rows'} changed`}</p>
      )}
      <footer className="grid-footer">
        {result.columns.length > 0 && <span>{result.rows.length} rows</span>}
        {result.truncated && <span className="tag warn">more rows than the limit</span>}
        <span className="soft">{ms}</span>
        <span className="grow" />
        {result.columns.length > 0 && (
          <button type="button" className="ghost small" onClick={() => props.onExport(tab.sql)}>
            <Icon name="download" size={14} /> Export
          </button>
        )}
      </footer>
    </>
  )
}
