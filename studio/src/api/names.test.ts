import { expect, test } from 'vitest'
import { tableFromId, tableId } from './names'

test.each([
  { schema: null, name: 'orders' },
  { schema: null, name: 'we"ird; --' },
  { schema: null, name: 'a.b' },
  { schema: 'other place', name: 'a/b.c#d' },
  { schema: 'x.y', name: 'ключ%2E' },
])('an address names exactly one table: %o', (table) => {
  const id = tableId(table)
  expect(id).not.toMatch(/[/#]/)
  expect(tableFromId(id)).toEqual(table)
})
