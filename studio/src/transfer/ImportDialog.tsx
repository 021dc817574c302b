import { useState } from 'react'
import { api, failureOf } from '../api/client'
import { tableLabel } from '../api/names'
import type { TableInfo } from '../api/types'
import { Dialog } from '../shell/Dialog'
import { useStudio } from '../shell/studio'

/** CSV into one table: a dry run does everything in a transaction that is rolled back. */
export default function ImportDialog(props: { table: TableInfo; onClose: () => void }) {
  const { notify, refresh, reloadSchema } = useStudio()
  const [file, setFile] = useState<{ name: string; text: string } | null>(null)
  const [checked, setChecked] = useState<number | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const { table } = props
  const run = async (dry: boolean) => {
    if (!file) return
    setBusy(true)
    setProblem(null)
    try {
      const { rows } = await api.import({ schema: table.schema, name: table.name }, file.text, undefined, dry)
      if (dry) setChecked(rows)
      else {
        notify(rows === 1 ? '1 row imported.' : `${rows} rows imported.`)
        props.onClose()
        refresh()
        void reloadSchema()
      }
    } catch (error) {
      const failure = failureOf(error)
      setProblem(failure.hint ? `${failure.message}\n${failure.hint}` : failure.message)
      setChecked(null)
    } finally {
      setBusy(false)
    }
  }
  const header = file?.text.slice(0, 2000).split(/\r?\n/, 1)[0] ?? ''
  return (
    <Dialog
      title={`Import CSV into ${tableLabel(table)}`}
      onClose={props.onClose}
      footer={
        <>
          <span className="grow" />
          <button type="button" disabled={!file || busy} onClick={() => void run(true)}>Dry run</button>
          <button type="button" className="primary" disabled={!file || busy || checked === null} onClick={() => void run(false)}>
            {checked === null ? 'Import' : `Import ${checked} ${checked === 1 ? 'row' : 'rows'}`}
          </button>
        </>
      }
    >
      <p>The first line names the columns; columns left out take their defaults. An unquoted empty field is NULL, <code>""</code> is an empty text.</p>
      <label className="field">
        <span>CSV file</span>
        <input
          type="file"
          accept=".csv,text/csv"
          onChange={async (event) => {
            const chosen = event.target.files?.[0]
            setChecked(null)
            setProblem(null)
            setFile(chosen ? { name: chosen.name, text: await chosen.text() } : null)
          }}
        />
      </label>
      {file && <p className="soft import-header">Columns: <code>{header}</code></p>}
      {checked !== null && <p className="problem fine" role="status">The dry run took {checked} {checked === 1 ? 'row' : 'rows'}; nothing is written yet.</p>}
      {problem && <p className="problem" role="alert">{problem}</p>}
    </Dialog>
  )
}
