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

/** More tables than these are laid out by columns alone: dagre would take seconds, and make one long strip of them. */
const careful = 120
const gapX = 90
const gapY = 28

export function arrange(tables: TableInfo[]): { boxes: Box[]; lines: Line[] } {
  const drawn = new Set(tables.map(tableId))
  const lines: Line[] = []
  const alone: TableInfo[] = []
  const touched: TableInfo[] = []
  for (const table of tables) {
    const keys = table.foreign_keys.filter((key) => drawn.has(tableId(key.table)))
    const found = keys.length > 0 || table.referenced_by.some((key) => drawn.has(tableId(key.from)))
    ;(found ? touched : alone).push(table)
    for (const [at, key] of keys.entries()) {
      lines.push({ id: `${tableId(table)} ${at}`, from: tableId(table), to: tableId(key.table), label: key.columns.join(', ') })
    }
  }
  const boxes = touched.length > careful ? byColumns(touched, lines) : byDagre(touched, lines)
  const bottom = Math.max(0, ...boxes.map((box) => box.y + box.height))
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

function byDagre(tables: TableInfo[], lines: Line[]): Box[] {
  if (tables.length === 0) return []
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: gapY, ranksep: gapX, marginx: 20, marginy: 20 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const table of tables) graph.setNode(tableId(table), { width: boxWidth, height: boxHeight(table) })
  for (const line of lines) if (line.from !== line.to) graph.setEdge(line.from, line.to, {}, line.id)
  dagre.layout(graph)
  return tables.map((table) => {
    const node = graph.node(tableId(table)) as { x: number; y: number }
    const height = boxHeight(table)
    return { id: tableId(table), table, x: node.x - boxWidth / 2, y: node.y - height / 2, height }
  })
}

/**
 * Tables that refer to no other stand rightmost, each other one left of all it refers to and about as high as
 * those; what is too many for one column stands in several. The whole is about as wide as a screen.
 */
function byColumns(tables: TableInfo[], lines: Line[]): Box[] {
  const targets = new Map<string, string[]>()
  for (const line of lines) if (line.from !== line.to) targets.set(line.from, [...(targets.get(line.from) ?? []), line.to])
  const depths = new Map<string, number>()
  const open = new Set<string>()
  const depth = (id: string): number => {
    const known = depths.get(id)
    if (known !== undefined) return known
    open.add(id)
    // A key that closes a circle says nothing about the order.
    const below = (targets.get(id) ?? []).filter((to) => !open.has(to)).map(depth)
    open.delete(id)
    const found = below.length === 0 ? 0 : Math.max(...below) + 1
    depths.set(id, found)
    return found
  }
  const ranks: TableInfo[][] = []
  for (const table of tables) (ranks[depth(tableId(table))] ??= []).push(table)

  const all = tables.reduce((sum, table) => sum + boxHeight(table) + gapY, 0)
  const tallest = Math.sqrt((all * (boxWidth + gapX)) / 1.6)
  const middles = new Map<string, number>()
  const boxes: Box[] = []
  let x = 0
  for (const rank of ranks) {
    const wish = (table: TableInfo) => {
      const near = (targets.get(tableId(table)) ?? []).map((to) => middles.get(to)).filter((y) => y !== undefined)
      return near.length === 0 ? 0 : near.reduce((sum, y) => sum + y, 0) / near.length
    }
    const wishes = new Map(rank.map((table) => [table, wish(table)]))
    const ordered = rank.toSorted((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0))
    const height = rank.reduce((sum, table) => sum + boxHeight(table) + gapY, 0)
    const columns = Math.ceil(height / tallest)
    // Dealt out in turn, so that neighbours stay about as high as they wish.
    for (let column = 0; column < columns; column += 1) {
      let y = 20
      for (const table of ordered.filter((_, at) => at % columns === column)) {
        const box = { id: tableId(table), table, x: -x, y, height: boxHeight(table) }
        boxes.push(box)
        middles.set(box.id, y + box.height / 2)
        y += box.height + gapY
      }
      x += boxWidth + gapX
    }
  }
  return boxes.map((box) => ({ ...box, x: box.x + x - boxWidth - gapX + 20 }))
}
