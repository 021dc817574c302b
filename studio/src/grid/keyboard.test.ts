import { expect, test } from 'vitest'
import { gridAction } from './keyboard'

const press = (key: string, more: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) =>
  gridAction({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more })

test('keys of the browser stay with the browser', () => {
  expect(press('ArrowLeft', { altKey: true })).toBeNull()
  expect(press('r', { ctrlKey: true })).toBeNull()
  expect(press('d', { ctrlKey: true })).toBeNull()
  expect(press('Tab')).toBeNull()
})

test('moves and commands', () => {
  expect(press('End', { ctrlKey: true })).toEqual({ go: 'last', extend: false })
  expect(press('PageDown')).toEqual({ go: 'page-down', extend: false })
  expect(press('S', { shiftKey: true })).toEqual({ do: 'sort', several: true })
  expect(press('Enter')).toEqual({ do: 'edit' })
  expect(press('/')).toEqual({ do: 'filter' })
})
