import { expect, test } from 'vitest'
import { arrayElements, cellFromText, complaint, hexDump, prettyJson } from './cell'
import type { ColumnInfo, Kind } from './types'

const column = (kind: Kind, more: Partial<ColumnInfo> = {}): ColumnInfo => ({
  name: 'c', type: kind, kind, nullable: true, default: null, generated: false, identity: false, labels: null, max_length: null, comment: null, ...more,
})

test('PostgreSQL takes every value as its text', () => {
  expect(cellFromText('9007199254740993', column('integer'), 'postgres')).toBe('9007199254740993')
  expect(cellFromText('', column('text'), 'postgres')).toBe('')
})

test('SQLite keeps the storage class a value had', () => {
  expect(cellFromText('9223372036854775807', column('integer'), 'sqlite')).toEqual({ int: '9223372036854775807' })
  expect(cellFromText('1.50', column('number'), 'sqlite')).toEqual({ real: '1.50' })
  expect(cellFromText('42', column('text'), 'sqlite')).toBe('42')
  expect(cellFromText('43', column('other'), 'sqlite', { int: '42' })).toEqual({ int: '43' })
  expect(cellFromText('2', column('other'), 'sqlite', { real: '1.5' })).toEqual({ real: '2' })
  expect(cellFromText('true', column('boolean'), 'sqlite')).toEqual({ int: '1' })
  expect(cellFromText('\\x00FF', column('bytes'), 'sqlite')).toEqual({ blob: '00ff' })
  expect(cellFromText('not a number', column('integer'), 'sqlite')).toBe('not a number')
})

test('JSON is indented without touching a number, a string or an empty object', () => {
  const text = '{"n": 12345678901234567890.10, "s": "a: {b}, \\"c\\"", "e": {}, "l": []}'
  expect(prettyJson(text)).toBe('{\n  "n": 12345678901234567890.10,\n  "s": "a: {b}, \\"c\\"",\n  "e": {},\n  "l": []\n}')
  expect(prettyJson('not json')).toBe('not json')
})

test('array text is taken apart; NULL is not the text NULL', () => {
  expect(arrayElements('{1,NULL,"NULL","a,\\"b\\""}')).toEqual(['1', null, 'NULL', 'a,"b"'])
  expect(arrayElements('{}')).toEqual([])
  expect(arrayElements('{{1,2},{3,4}}')).toBeNull()
})

test('bytes are shown with their offset and what is printable', () => {
  expect(hexDump('00ff68656c6c6f')).toBe(`000000  ${'00 ff 68 65 6c 6c 6f'.padEnd(47)}  ..hello`)
})

test('an editor says early what the database would refuse', () => {
  expect(complaint('1.5', column('integer'))).not.toBeNull()
  expect(complaint('12345678901234567890', column('integer'))).toBeNull()
  expect(complaint('NaN', column('number'))).toBeNull()
  expect(complaint('äöüß🦀', column('text', { max_length: 5 }))).toBeNull()
  expect(complaint('{"a": }', column('json'))).not.toBeNull()
})
