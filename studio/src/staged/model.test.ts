import { expect, test } from 'vitest'
import type { Cell } from '../api/types'
import { changesOf, nothingStaged, rowId, stagedReducer, toChanges, type StagedAction, type StagedState } from './model'

const table = { schema: null, name: 't' }
const old = { id: '1', name: 'a', note: null as Cell }
const set = (column: string, value: Cell): StagedAction => ({ do: 'set', table, key: ['1'], old, column, value })
const run = (...actions: StagedAction[]): StagedState => actions.reduce(stagedReducer, nothingStaged)

test('edits of one row are one change, and the value it had takes an edit back', () => {
  const state = run(set('name', 'b'), set('note', ''))
  expect(toChanges(state.changes)).toEqual([{ kind: 'update', table, key: ['1'], old, values: { name: 'b', note: '' } }])
  expect(run(set('name', 'b'), set('name', 'a')).changes).toEqual([])
})

test('NULL and the empty text are different edits', () => {
  expect(run(set('note', null)).changes).toEqual([])
  expect(run(set('note', '')).changes).toHaveLength(1)
})

test('a deletion replaces the edits of its row, and undo brings them back', () => {
  const state = run(set('name', 'b'), { do: 'delete', rows: [{ table, key: ['1'], old }] })
  expect(state.changes.map((change) => change.kind)).toEqual(['delete'])
  const undone = stagedReducer(state, { do: 'undo' })
  expect(undone.changes.map((change) => change.kind)).toEqual(['update'])
  expect(stagedReducer(undone, { do: 'redo' }).changes).toEqual(state.changes)
})

test('a new row leaves out what takes its default', () => {
  const state = run({ do: 'insert', table, values: {} }, { do: 'set-new', id: 1, column: 'name', value: null }, { do: 'set-new', id: 1, column: 'note', value: 'x' }, { do: 'set-new', id: 1, column: 'note', value: undefined })
  expect(toChanges(state.changes)).toEqual([{ kind: 'insert', table, values: { name: null } }])
})

test('a refusal is no edit: it is not undone, and the next edit takes it away', () => {
  const failed = run(set('name', 'b'), { do: 'fail', id: 1, failure: { kind: 'conflict', message: 'stale', theirs: ['1', 'z', null] } })
  expect(failed.changes[0]?.failure?.kind).toBe('conflict')
  expect(failed.undo).toHaveLength(1)
  expect(stagedReducer(failed, set('name', 'c')).changes[0]?.failure).toBeUndefined()
  const kept = stagedReducer(failed, { do: 'keep-mine', id: 1, old: { ...old, name: 'z' } })
  expect(toChanges(kept.changes)).toEqual([{ kind: 'update', table, key: ['1'], old: { ...old, name: 'z' }, values: { name: 'b' } }])
})

test('a composite key of other texts is another row', () => {
  expect(rowId(table, ['a', 'b'])).not.toBe(rowId(table, ['a,b']))
  const changes = changesOf(run(set('name', 'b')).changes, table)
  expect(changes.byRow.has(rowId(table, ['1']))).toBe(true)
  expect(changesOf(run(set('name', 'b')).changes, { schema: 's', name: 't' }).byRow.size).toBe(0)
})
