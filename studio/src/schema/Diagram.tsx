import { Background, BaseEdge, Controls, Handle, MarkerType, MiniMap, Position, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type EdgeProps, type Node, type NodeProps } from '@xyflow/react'
import '@xyflow/react/dist/style.css'
import { memo, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { findTable, sameTable, tableFromId, tableLabel } from '../api/names'
import type { TableInfo } from '../api/types'
import { Icon } from '../shell/icons'
import { go } from '../shell/route'
import { useStudio } from '../shell/studio'
import { useDark } from '../shell/theme'
import { arrange, boxWidth, chosenTables, listed } from './layout'

type TableNode = Node<{ table: TableInfo; chosen: boolean }, 'table'>

const TableBox = memo(function TableBox(props: NodeProps<TableNode>) {
  const { table, chosen } = props.data
  const foreign = new Set(table.foreign_keys.flatMap((key) => key.columns))
  const important = (name: string) => (table.primary_key.includes(name) ? 0 : foreign.has(name) ? 1 : 2)
  const columns = table.columns.length > listed ? [...table.columns].sort((a, b) => important(a.name) - important(b.name)).slice(0, listed) : table.columns
  return (
    <div className={`erd-table${chosen ? ' chosen' : ''}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <header title={table.comment ?? undefined}>
        <Icon name={table.kind.endsWith('view') ? 'view' : 'table'} size={13} />
        {tableLabel(table)}
      </header>
      <ul>
        {columns.map((column) => (
          <li key={column.name}>
            <span className="erd-mark">
              {table.primary_key.includes(column.name) ? <Icon name="key" size={11} /> : foreign.has(column.name) ? <Icon name="link" size={11} /> : null}
            </span>
            <span className="erd-name">{column.name}</span>
            <span className="erd-type">{column.type}{column.nullable ? '?' : ''}</span>
          </li>
        ))}
        {table.columns.length > columns.length && <li className="erd-more">{table.columns.length - columns.length} more</li>}
      </ul>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  )
})

/** A table that refers to itself: over its top, as a straight line would run behind it. */
function LoopEdge(props: EdgeProps) {
  const { sourceX, sourceY, targetX, targetY, data } = props
  const top = sourceY - (data as { height: number }).height / 2 - 26
  const path = `M ${sourceX} ${sourceY} C ${sourceX + 46} ${sourceY}, ${sourceX + 40} ${top}, ${sourceX - 20} ${top} L ${targetX + 20} ${top} C ${targetX - 40} ${top}, ${targetX - 46} ${targetY}, ${targetX} ${targetY}`
  return <BaseEdge path={path} {...(props.markerEnd === undefined ? {} : { markerEnd: props.markerEnd })} />
}

const nodeTypes = { table: TableBox }
const edgeTypes = { loop: LoopEdge }

function Drawing(props: { table: TableInfo | null }) {
  const { schema } = useStudio()
  const dark = useDark()
  const flow = useReactFlow()
  const [filter, setFilter] = useState('')
  const [focused, setFocused] = useState(props.table !== null && props.table.foreign_keys.length + props.table.referenced_by.length > 0)
  const wanted = useDeferredValue(filter)
  const around = focused ? props.table : null
  const tables = useMemo(() => chosenTables(schema, wanted, around), [schema, wanted, around])
  const { nodes, edges } = useMemo(() => {
    const { boxes, lines } = arrange(tables)
    return {
      nodes: boxes.map((box): TableNode => ({
        id: box.id, type: 'table', position: { x: box.x, y: box.y }, width: boxWidth, height: box.height,
        data: { table: box.table, chosen: props.table !== null && sameTable(box.table, props.table) },
        ariaLabel: `Table ${tableLabel(box.table)}`,
      })),
      edges: lines.map((line): Edge => ({
        id: line.id, source: line.from, target: line.to, type: line.from === line.to ? 'loop' : 'smoothstep',
        data: { height: boxes.find((box) => box.id === line.from)?.height ?? 0 },
        markerEnd: { type: MarkerType.ArrowClosed }, ariaLabel: `${line.from} refers to ${line.to} by ${line.label}`,
      })),
    }
  }, [tables, props.table])

  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView({ padding: 0.08, maxZoom: 1.1 }))
    return () => cancelAnimationFrame(frame)
  }, [nodes, flow])

  return (
    <div className="diagram">
      <div className="toolbar" role="toolbar" aria-label="Diagram">
        <input type="search" aria-label="Filter the diagram" placeholder="Filter tables" value={filter} onChange={(event) => { setFilter(event.target.value); setFocused(false) }} />
        {props.table && (
          <button type="button" aria-pressed={focused} onClick={() => setFocused(!focused)}>
            Around {tableLabel(props.table)}
          </button>
        )}
        <span className="soft">
          {tables.length} of {schema.tables.length} tables
        </span>
        <span className="grow" />
        <span className="soft only-wide">Click: around a table · double click: its rows</span>
      </div>
      <div className="diagram-canvas">
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={dark ? 'dark' : 'light'}
          onlyRenderVisibleElements={nodes.length > 80}
          nodesConnectable={false}
          minZoom={0.05}
          maxZoom={2}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, node) => {
            const table = findTable(schema, tableFromId(node.id))
            if (!table) return
            setFocused(true)
            go({ view: 'schema', table })
          }}
          onNodeDoubleClick={(_, node) => go({ view: 'data', table: tableFromId(node.id) })}
          aria-label="Diagram of tables and their foreign keys"
        >
          <Background />
          <Controls showInteractive={false} />
          {nodes.length > 12 && <MiniMap pannable zoomable ariaLabel="Overview" />}
        </ReactFlow>
      </div>
    </div>
  )
}

export default function Diagram(props: { table: TableInfo | null }) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  )
}
