import type { ReactNode } from 'react'
import { tableLabel } from '../api/names'
import type { Schema, Table, TableInfo } from '../api/types'
import { byteLabel } from '../grid/CellView'
import { Icon } from '../shell/icons'
import { go } from '../shell/route'
import { Empty } from '../shell/screens'
import { countLabel } from '../shell/TableList'

function Section(props: { title: string; head: string[]; rows: ReactNode[][] }) {
  if (props.rows.length === 0) return null
  return (
    <section>
      <h2>{props.title}</h2>
      <div className="facts-scroll" tabIndex={0} role="region" aria-label={props.title}>
        <table className="facts">
          <thead>
            <tr>{props.head.map((each) => <th key={each} scope="col">{each}</th>)}</tr>
          </thead>
          <tbody>
            {props.rows.map((row, at) => (
              <tr key={at}>{row.map((cell, column) => <td key={column}>{cell}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function TableLink(props: { table: Table }) {
  return (
    <button type="button" className="ghost small" onClick={() => go({ view: 'schema', table: props.table })}>{tableLabel(props.table)}</button>
  )
}

export function Structure(props: { table: TableInfo | null; enums: Schema['enums'] }) {
  const { table } = props
  if (!table) {
    return <Empty icon="schema" title="Choose a table"><p>Its columns, keys, indexes, checks and references are shown here.</p></Empty>
  }
  const rule = (text: string | null) => (text === null || text === 'no action' ? '' : text)
  return (
    <div className="structure">
      <header>
        <h1>{tableLabel(table)}</h1>
        <span className="tag">{table.kind}</span>
        {table.rows && <span className="soft">{countLabel(table.rows)} rows</span>}
        {table.bytes !== null && <span className="soft">{byteLabel(table.bytes)}</span>}
        <code className="soft">{table.rust}</code>
        <span className="grow" />
        <button type="button" onClick={() => go({ view: 'data', table })}><Icon name="table" size={14} /> Rows</button>
      </header>
      {table.comment && <p className="soft">{table.comment}</p>}
      <Section
        title="Columns"
        head={['Column', 'Type', 'NULL', 'Default', 'Notes']}
        rows={table.columns.map((column) => [
          <span className="row"><strong>{column.name}</strong>{table.primary_key.includes(column.name) && <Icon name="key" size={12} />}</span>,
          <code>{column.type}</code>,
          column.nullable ? 'NULL' : <span className="soft">not null</span>,
          column.default === null ? '' : <code>{column.default}</code>,
          [column.identity ? 'identity' : '', column.generated ? 'generated' : '', column.labels ? column.labels.join(', ') : '', column.comment ?? ''].filter(Boolean).join(' · '),
        ])}
      />
      <Section
        title="Refers to"
        head={['Columns', 'Table', 'Its columns', 'On delete', 'On update', 'Name']}
        rows={table.foreign_keys.map((key) => [key.columns.join(', '), <TableLink table={key.table} />, key.parent_columns.join(', '), rule(key.on_delete), rule(key.on_update), <span className="soft">{key.name}</span>])}
      />
      <Section
        title="Referred to by"
        head={['Table', 'Columns', 'These columns', 'On delete', 'Name']}
        rows={table.referenced_by.map((key) => [<TableLink table={key.from} />, key.columns.join(', '), key.parent_columns.join(', '), rule(key.on_delete), <span className="soft">{key.name}</span>])}
      />
      <Section
        title="Indexes"
        head={['Name', 'Columns', '', 'Method', 'Where']}
        rows={table.indexes.map((index) => [index.name, <code>{index.columns.join(', ')}</code>, index.unique ? <span className="tag">unique</span> : '', index.method ?? '', index.where === null ? '' : <code>{index.where}</code>])}
      />
      <Section title="Checks" head={['Name', 'Expression']} rows={table.checks.map((check) => [check.name ?? '', <code>{check.expression}</code>])} />
    </div>
  )
}
