import dagre from '@dagrejs/dagre'
import { tableId } from '../api/names'
import type { Schema, TableInfo } from '../api/types'

export const boxWidth = 220
const headHeight = 34
const lineHeight = 20
/** Columns of a table that the diagram lists; keys come first, so those are what remains. */
export const listed = 14

export type Box = { id: string; table: TableInfo; x: number; y: number; height: number }
export type Line = { id: string; from: string; to: string; label: string }

export function boxHeight(table: TableInfo): number {
  return headHeight + Math.min(table.columns.length, listed + 1) * lineHeight + 8
}

/** The tables to draw: those that match, or one table with all it touches. */
export function chosenTables(schema: Schema, filter: string, around: TableInfo | null): TableInfo[] {
  if (around) {
    const near = new Set([tableId(around), ...around.foreign_keys.map((key) => tableId(key.table)), ...around.referenced_by.map((key) => tableId(key.from))])
    return schema.tables.filter((table) => near.has(tableId(table)))
  }
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = schema.tables.filter((table) => words.every((word) => `${table.schema ?? ''}.${table.name}`.toLowerCase().includes(word)))
  if (words.length > 0) return matching
  // With hundreds of tables the ones that nothing connects only hide the rest.
  const connected = matching.filter((table) => table.foreign_keys.length + table.referenced_by.length > 0)
  return matching.length > 60 && connected.length > 0 ? connected : matching
}

export function arrange(tables: TableInfo[]): { boxes: Box[]; lines: Line[] } {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 90, marginx: 20, marginy: 20 })
  graph.setDefaultEdgeLabel(() => ({}))
  const drawn = new Set(tables.map(tableId))
  const lines: Line[] = []
  const alone: TableInfo[] = []
  for (const table of tables) {
    const keys = table.foreign_keys.filter((key) => drawn.has(tableId(key.table)))
    const touched = keys.length > 0 || table.referenced_by.some((key) => drawn.has(tableId(key.from)))
    if (!touched) {
      alone.push(table)
      continue
    }
    graph.setNode(tableId(table), { width: boxWidth, height: boxHeight(table) })
    for (const [at, key] of keys.entries()) {
      const line = { id: `${tableId(table)} ${at}`, from: tableId(table), to: tableId(key.table), label: key.columns.join(', ') }
      lines.push(line)
      if (line.from !== line.to) graph.setEdge(line.from, line.to, {}, line.id)
    }
  }
  if (graph.nodeCount() > 0) dagre.layout(graph)
  let bottom = 0
  const boxes = tables.filter((table) => !alone.includes(table)).map((table): Box => {
    const node = graph.node(tableId(table)) as { x: number; y: number }
    const height = boxHeight(table)
    bottom = Math.max(bottom, node.y + height / 2)
    return { id: tableId(table), table, x: node.x - boxWidth / 2, y: node.y - height / 2, height }
  })
  // Tables that touch no other stand below, in rows as wide as the drawing is likely to be.
  const perRow = Math.max(4, Math.ceil(Math.sqrt(alone.length * 1.6)))
  let top = bottom === 0 ? 20 : bottom + 60
  for (let at = 0; at < alone.length; at += perRow) {
    const rowTables = alone.slice(at, at + perRow)
    for (const [column, table] of rowTables.entries()) {
      boxes.push({ id: tableId(table), table, x: 20 + column * (boxWidth + 28), y: top, height: boxHeight(table) })
    }
    top += Math.max(...rowTables.map(boxHeight)) + 28
  }
  return { boxes, lines }
}
