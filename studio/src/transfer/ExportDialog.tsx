import { useState } from 'react'
import { failureOf, type ExportRequest } from '../api/client'
import { tableLabel } from '../api/names'
import type { ExportFormat, TableInfo } from '../api/types'
import { Dialog } from '../shell/Dialog'
import type { Position } from '../shell/route'
import { useStudio } from '../shell/studio'
import { downloadExport } from './download'

export type ExportSource = { table: TableInfo; position: Position; columns: string[] } | { sql: string }

const formats: { format: ExportFormat; label: string; note: string }[] = [
  { format: 'csv', label: 'CSV', note: 'an unquoted empty field is NULL' },
  { format: 'json', label: 'JSON', note: 'one array of objects' },
  { format: 'ndjson', label: 'JSON lines', note: 'one object per line' },
  { format: 'sql', label: 'SQL', note: 'INSERT statements' },
]

export default function ExportDialog(props: { source: ExportSource; onClose: () => void }) {
  const { source } = props
  const { notify } = useStudio()
  const [format, setFormat] = useState<ExportFormat>('csv')
  const [everything, setEverything] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const ofTable = 'table' in source
  const narrowed = ofTable && (source.position.filter !== undefined || source.position.search !== undefined || source.columns.length < source.table.columns.length)
  const name = ofTable ? source.table.name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '_') : 'query'

  const run = async () => {
    setBusy(true)
    setProblem(null)
    let request: ExportRequest
    if (ofTable) {
      const { filter, search, order } = source.position
      request = {
        table: { schema: source.table.schema, name: source.table.name }, format, order: order ?? [],
        ...(everything ? {} : { columns: source.columns, ...(filter ? { filter } : {}), ...(search ? { search } : {}) }),
      }
    } else request = { sql: source.sql, format }
    // Small exports go to the downloads at once; a large one must not be collected in memory first.
    const large = ofTable && (source.table.rows?.rows ?? 0) > 50_000
    try {
      if (await downloadExport(request, `${name}.${format}`, large)) {
        notify(`${name}.${format} written.`)
        props.onClose()
      }
    } catch (error) {
      setProblem(failureOf(error).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={ofTable ? `Export ${tableLabel(source.table)}` : 'Export the result'}
      onClose={props.onClose}
      footer={
        <>
          <span className="grow" />
          <button type="button" onClick={props.onClose}>Cancel</button>
          <button type="button" className="primary" disabled={busy} onClick={() => void run()}>{busy ? 'Exporting…' : 'Export'}</button>
        </>
      }
    >
      <fieldset className="choices">
        <legend>Format</legend>
        {formats.map((each) => (
          <label key={each.format} className="row">
            <input type="radio" name="format" checked={format === each.format} onChange={() => setFormat(each.format)} />
            {each.label} <span className="soft">{each.note}</span>
          </label>
        ))}
      </fieldset>
      {narrowed && (
        <label className="row">
          <input type="checkbox" checked={everything} onChange={() => setEverything(!everything)} /> All rows and columns, not just what is shown
        </label>
      )}
      {problem && <p className="problem" role="alert">{problem}</p>}
    </Dialog>
  )
}
