import { expect, test } from 'vitest'
import type { TableInfo } from '../api/types'
import { arrange } from './layout'

function schema(count: number, keys: (at: number) => number[]): TableInfo[] {
  const name = (at: number) => ({ schema: null, name: `t${at}` })
  const tables = Array.from({ length: count }, (_, at) => ({
    ...name(at), kind: 'table', columns: Array.from({ length: 3 + (at % 9) }, (_, c) => ({ name: `c${c}` })), primary_key: ['c0'],
    foreign_keys: keys(at).map((to) => ({ columns: ['c1'], table: name(to) })), referenced_by: [] as unknown[],
  }))
  for (const at of tables.keys()) for (const to of keys(at)) tables[to]?.referenced_by.push({ from: name(at) })
  return tables as unknown as TableInfo[]
}

const cases: [string, TableInfo[]][] = [
  ['few', schema(20, (at) => (at > 0 ? [(at * 7) % at] : []))],
  ['five hundred around some', schema(500, (at) => [(at * 31) % 60, (at * 17) % 40])],
  ['a chain', schema(400, (at) => (at > 0 ? [at - 1] : []))],
  ['a circle', schema(200, (at) => [(at + 1) % 200])],
  ['alone', schema(130, () => [])],
]

test.each(cases)('%s: every table has a place of its own', (_, tables) => {
  const { boxes, lines } = arrange(tables)
  expect(boxes.length).toBe(tables.length)
  expect(lines.length).toBe(tables.reduce((sum, table) => sum + table.foreign_keys.length, 0))
  const places = boxes.toSorted((a, b) => a.x - b.x || a.y - b.y)
  for (const [at, box] of places.entries()) {
    expect(Number.isFinite(box.x) && Number.isFinite(box.y)).toBe(true)
    const next = places[at + 1]
    if (next && next.x === box.x) expect(next.y).toBeGreaterThanOrEqual(box.y + box.height)
    else if (next) expect(next.x).toBeGreaterThan(box.x)
  }
})

test('many tables stay in the shape of a screen', () => {
  const { boxes } = arrange(cases[1]?.[1] ?? [])
  const width = Math.max(...boxes.map((box) => box.x)) - Math.min(...boxes.map((box) => box.x))
  const height = Math.max(...boxes.map((box) => box.y)) - Math.min(...boxes.map((box) => box.y))
  expect(width / height).toBeGreaterThan(0.8)
  expect(width / height).toBeLessThan(3)
})
