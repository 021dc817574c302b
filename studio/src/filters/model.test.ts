import { expect, test } from 'vitest'
import type { Filter } from '../api/types'
import { addItem, emptyGroup, groupFilter, groupFromFilter, listValues, operators, replaceItem, type Condition } from './model'

const condition = (id: number, more: Partial<Condition> = {}): Condition => ({ id, column: 'a', op: '=', value: '1', upper: '', ...more })

test('a condition without a value yet asks for nothing, an empty text compared is a value', () => {
  expect(groupFilter({ ...emptyGroup(), items: [condition(1, { op: 'contains', value: '' })] })).toBeNull()
  expect(groupFilter({ ...emptyGroup(), items: [condition(1, { value: '' })] })).toEqual({ column: 'a', op: '=', value: '' })
  expect(groupFilter({ ...emptyGroup(), items: [condition(1, { value: '' })] }, () => 'enum')).toBeNull()
  expect(groupFilter({ ...emptyGroup(), items: [condition(1, { op: 'between', value: '1', upper: '' })] })).toBeNull()
})

test('groups nest, and a lone condition needs none', () => {
  let group = addItem(emptyGroup(), -1, condition(1))
  expect(group.items).toHaveLength(0)
  group = addItem(group, group.id, condition(101))
  const inner = { ...emptyGroup('or'), items: [condition(102, { op: 'is null' }), condition(103, { op: 'in', value: 'x, "y, z"' })] }
  group = addItem(group, group.id, inner)
  expect(groupFilter(group)).toEqual({
    and: [
      { column: 'a', op: '=', value: '1' },
      { or: [{ column: 'a', op: 'is null' }, { column: 'a', op: 'in', values: ['x', 'y, z'] }] },
    ],
  })
  expect(groupFilter(replaceItem(replaceItem(group, 101, null), 103, null))).toEqual({ column: 'a', op: 'is null' })
  expect(groupFilter({ ...group, negated: true })).toHaveProperty('not.and')
})

test('a filter that came with a followed key is shown as conditions again', () => {
  const filter: Filter = { and: [{ column: 'a', op: '=', value: 'x' }, { not: { or: [{ column: 'b', op: 'in', values: ['1', 'a,b'] }, { column: 'c', op: 'between', values: ['1', '2'] }] } }] }
  expect(groupFilter(groupFromFilter(filter))).toEqual(filter)
})

test('lists keep commas within quotes', () => {
  expect(listValues('a, "b, c", "say ""x""", ')).toEqual(['a', 'b, c', 'say "x"'])
  expect(listValues('')).toEqual([])
})

test('what only PostgreSQL can is offered only there', () => {
  expect(operators('text', 'postgres')).toContain('matches')
  expect(operators('text', 'sqlite')).not.toContain('matches')
  expect(operators('json', 'sqlite')).not.toContain('has key')
})
