import { useEffect, useState } from 'react'
import { api, failureOf } from '../api/client'
import type { Migrations } from '../api/types'
import { CodeBlock } from '../shell/Copy'
import { Icon } from '../shell/icons'
import { Empty } from '../shell/screens'
import { useStudio } from '../shell/studio'
import './migrations.css'

const tones: Record<string, string> = { applied: 'good', pending: 'warn', failed: 'bad', unknown: 'bad', changed: 'bad' }

export default function MigrationsView() {
  const { epoch } = useStudio()
  const [list, setList] = useState<Migrations | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  useEffect(() => {
    let live = true
    api
      .migrations()
      .then((answer) => {
        if (!live) return
        setList(answer)
        setChosen((now) => now ?? answer.migrations.at(-1)?.version ?? null)
      })
      .catch((error: unknown) => { if (live) setProblem(failureOf(error).message) })
    return () => { live = false }
  }, [epoch])
  if (problem) return <p className="problem" role="alert">{problem}</p>
  if (!list) return <p className="loading" role="status">Comparing the database with the migrations…</p>
  const pending = list.migrations.filter((each) => each.state === 'pending').length
  return (
    <div className="migrations">
      <section className="migration-list" aria-label="Migrations">
        <header>
          <h1>Migrations</h1>
          <span className="soft">{list.migrations.length - pending} applied, {pending} pending</span>
        </header>
        <Drift drift={list.drift} />
        {list.migrations.length === 0 && <Empty icon="history" title="No migrations"><p><code>dbkit generate</code> writes the first one.</p></Empty>}
        <ol>
          {[...list.migrations].reverse().map((each) => (
            <li key={each.version}>
              <button type="button" className={`migration-item${each.version === chosen ? ' chosen' : ''}`} aria-pressed={each.version === chosen} onClick={() => setChosen(each.version)}>
                <span className={`tag ${tones[each.state] ?? ''}`}>{each.state}</span>
                <span className="migration-name">{each.name || each.version}</span>
                <span className="soft migration-when">{each.version}{each.run_on ? ` · run ${each.run_on.replace(/\.\d+.*$/, '')}` : ''}</span>
              </button>
            </li>
          ))}
        </ol>
      </section>
      <section className="migration-text" aria-label="SQL of the migration">{chosen !== null && <MigrationText key={chosen} version={chosen} />}</section>
    </div>
  )
}

function Drift(props: { drift: string[] | null }) {
  const { drift } = props
  if (drift === null) return null
  if (drift.length === 0) return <p className="drift fine"><Icon name="check" size={14} /> The database is what the migrations make of it.</p>
  return (
    <div className="drift">
      <strong>{drift.length === 1 ? 'One difference' : `${drift.length} differences`} between the database and its migrations</strong>
      <ul>{drift.map((each, at) => <li key={at} className="mono">{each}</li>)}</ul>
    </div>
  )
}

function MigrationText(props: { version: string }) {
  const [text, setText] = useState<{ up: string | null; down: string | null; warnings: string[] } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    let live = true
    api
      .migration(props.version)
      .then((answer) => { if (live) setText(answer) })
      .catch((error: unknown) => { if (live) setProblem(failureOf(error).message) })
    return () => { live = false }
  }, [props.version])
  if (problem) return <p className="problem" role="alert">{problem}</p>
  if (!text) return <p className="loading" role="status">Loading…</p>
  return (
    <>
      {text.warnings.length > 0 && <ul className="problem">{text.warnings.map((each) => <li key={each}>{each}</li>)}</ul>}
      {text.up !== null && <CodeBlock title="up.sql" text={text.up} />}
      {text.down !== null && <CodeBlock title="down.sql" text={text.down} />}
      {text.up === null && text.down === null && <p className="soft">Its files are not in this project.</p>}
    </>
  )
}
