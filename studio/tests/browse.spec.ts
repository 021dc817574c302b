import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cell, go, launch, openTable, settled, texts, visit, type Visit } from './browser'
import { stage, type Stage } from './stage'

let shop: Stage
let browser: Browser
let seen: Visit

beforeAll(async () => {
  shop = await stage({ many: true })
  browser = await launch()
  seen = await visit(browser, shop.url)
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})
beforeEach(async () => {
  await go(seen.page, '#/data')
})

test('the token leaves the address, and the session outlives a reload', async () => {
  const { page } = seen
  expect(page.url()).not.toMatch(/[0-9a-f]{32}/)
  await page.reload()
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  await page.getByText('dev', { exact: true }).waitFor()
})

test('hundreds of tables have a diagram, and narrow to one and its neighbours', async () => {
  const { page } = seen
  await go(page, '#/schema/many.wide', 'many.wide')
  await page.getByRole('tab', { name: 'Diagram' }).click()
  await page.getByLabel('Overview').waitFor({ timeout: 20_000 })
  await page.getByText(/^40\d of \d+ tables$/).waitFor()
  await page.getByLabel('Filter the diagram').fill('table_39')
  await expect.poll(() => page.locator('.erd-table').count()).toBe(10)
})

test('hundreds of tables: only what is in view is in the page, typing narrows', async () => {
  const { page } = seen
  const options = page.getByRole('option')
  expect(await options.count()).toBeLessThan(80)
  await page.keyboard.press('Control+p')
  await page.keyboard.type('many 399')
  await expect.poll(() => options.count()).toBe(1)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'many.table_399' }).waitFor()
  await page.getByText('No rows', { exact: true }).waitFor()
  await page.getByLabel('Filter tables').fill('')
})

test('rows load as one scrolls, and only those in view are in the page', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  expect(await page.locator('.grid-row').count()).toBeLessThan(80)
  await page.keyboard.press('Control+End')
  await page.getByText('400 loaded').waitFor()
  await page.keyboard.press('Control+End')
  await page.getByText('600 loaded').waitFor()
  expect(await cell(page, 399, 0).innerText()).toBe('400')
})

test('far down early pages are dropped, and come back', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  for (let turn = 0; turn < 27; turn += 1) {
    const busy = page.waitForResponse((answer) => answer.url().endsWith('/api/rows'))
    await page.getByRole('button', { name: 'Next page' }).click()
    await busy
  }
  await page.getByText('5000 loaded').waitFor()
  await expect.poll(() => page.locator('.grid-row.current').getByRole('gridcell').first().innerText()).toBe('5401')
  await page.getByRole('button', { name: 'Previous page' }).click()
  // Scrolling may have asked for one page more by itself, and dropped one more for it.
  await expect.poll(() => page.locator('.grid-row.current').getByRole('gridcell').first().innerText()).toMatch(/^(401|601)$/)
  await page.getByRole('button', { name: 'First' }).click()
  await settled(page)
  expect(await cell(page, 0, 0).innerText()).toBe('1')
})

test('sort by a header, by several with Shift, and again for the other way', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  const head = (name: string) => page.getByRole('columnheader', { name: new RegExp(`^${name} `) }).getByRole('button')
  await head('state').click()
  await settled(page)
  await head('id').click({ modifiers: ['Shift'] })
  await head('id').click({ modifiers: ['Shift'] })
  await settled(page)
  expect(await texts(page, 2, 2)).toEqual(['new', 'new'])
  expect(await texts(page, 0, 2)).toEqual(['20000', '19996'])
  expect(await page.getByRole('columnheader', { name: /^id / }).getAttribute('aria-sort')).toBe('descending')
})

test('conditions by kind of column, groups, and text search', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('button', { name: 'Condition' }).click()
  await page.getByLabel('Column', { exact: true }).selectOption('state')
  await page.getByLabel('Value', { exact: true }).selectOption('shipped')
  await settled(page)
  expect(await texts(page, 0, 3)).toEqual(['2', '6', '10'])
  await page.getByRole('button', { name: 'Group' }).click()
  const inner = page.getByRole('group', { name: 'Any of' })
  await inner.getByLabel('Operator').selectOption('<')
  await inner.getByLabel('Value', { exact: true }).fill('7')
  await inner.getByRole('button', { name: 'Condition' }).click()
  await inner.getByLabel('Operator').last().selectOption('=')
  await inner.getByLabel('Value', { exact: true }).last().fill('19998')
  await settled(page)
  await page.getByText('3 loaded').waitFor()
  expect(await texts(page, 0, 3)).toEqual(['2', '6', '19998'])
  await page.getByRole('button', { name: 'Count' }).click()
  await page.getByText('3 rows').waitFor()
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page.getByLabel('Search text').fill('ring twice')
  await settled(page)
  expect(await texts(page, 0, 2)).toEqual(['2', '5'])
})

test('jump to a value, and back to rows before it', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await page.getByLabel('Jump to id').fill('4321')
  await page.keyboard.press('Enter')
  await settled(page)
  expect(await cell(page, 0, 0).innerText()).toBe('4321')
  await page.getByRole('button', { name: 'Previous page' }).click()
  await expect.poll(() => page.locator('.grid-row.current').getByRole('gridcell').first().innerText()).toBe('4121')
})

test('follow a key to its row, the keys that refer to it, and come back', async () => {
  const { page } = seen
  await openTable(page, 'order_lines', 'order_lines')
  await page.keyboard.press('f')
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor()
  await settled(page)
  expect(await texts(page, 0, 1)).toEqual(['1'])
  expect(page.url()).toMatch(/#\/data\/orders$/)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('f')
  await page.getByRole('heading', { level: 1, name: 'customers' }).waitFor()
  await page.getByRole('navigation', { name: 'Followed keys' }).getByRole('button', { name: 'orders' }).click()
  await settled(page)
  expect(await texts(page, 0, 1)).toEqual(['1'])
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'customers' }).waitFor()
  await page.goBack()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'order_lines' }).waitFor()
})

test('values are exactly the database\'s', async () => {
  const { page } = seen
  await openTable(page, 'exact', 'exact')
  await page.keyboard.press('Control+End')
  await page.keyboard.press('Space')
  const panel = page.getByRole('complementary', { name: 'Details' })
  await panel.getByText('9007199254740993', { exact: true }).first().waitFor()
  const shown = await panel.innerText()
  for (const value of ['12345678901234567890.1200000000', '2026-02-10 10:11:12.123456', '0044-03-15 BC', '23:59:59.999999', '1 year 2 mons 03:04:05.000006', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9', '..hello', '[1,10)', '"n": 12345678901234567890', 'ünïcødé 🦀']) expect(shown).toContain(value)
  await page.keyboard.press('Control+Home')
  await expect.poll(() => panel.innerText()).toContain('-9223372036854775808')
  expect(await panel.innerText()).toContain('empty text')
  await page.keyboard.press('Escape')
})

test('names with quotes, semicolons and letters of other scripts', async () => {
  const { page } = seen
  await openTable(page, encodeURIComponent('we"ird; --'), 'we"ird; --')
  expect(await cell(page, 0, 1).innerText()).toBe('quoted "value"; --')
  await page.getByRole('columnheader', { name: 'naïve ключ' }).getByRole('button').click()
  await settled(page)
  await page.getByRole('columnheader', { name: 'naïve ключ' }).getByRole('button').click()
  await settled(page)
  expect(await cell(page, 0, 1).innerText()).toBe('два')
  await openTable(page, `${encodeURIComponent('other place')}.customers`, 'other place.customers')
  expect(await cell(page, 0, 1).innerText()).toBe('another table of that name')
})

test('columns: many are virtual, hidden ones and widths are remembered', async () => {
  const { page } = seen
  await openTable(page, 'many.wide', 'many.wide')
  expect(await page.locator('.grid-row').first().getByRole('gridcell').count()).toBeLessThan(40)
  await page.keyboard.press('End')
  await page.getByRole('columnheader', { name: 'column_120' }).waitFor()
  await openTable(page, 'customers', 'customers')
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('checkbox', { name: 'balance' }).uncheck()
  await page.keyboard.press('Escape')
  await page.reload()
  await settled(page)
  await page.getByRole('columnheader', { name: 'email' }).waitFor()
  expect(await page.getByRole('columnheader', { name: 'balance' }).count()).toBe(0)
})

test('every view shows its SQL and its Diesel code', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await page.getByRole('columnheader', { name: 'email' }).getByRole('button').click()
  await settled(page)
  await page.getByRole('button', { name: 'SQL and Diesel' }).click()
  await expect.poll(() => page.getByLabel('SQL code').innerText()).toMatch(/ORDER BY .*email/)
  expect(await page.getByLabel('Diesel code').innerText()).toContain('customers::table')
})

test('tables without a key and views are read-only and say why', async () => {
  const { page } = seen
  await openTable(page, 'log', 'log')
  await page.getByText(/read-only: No primary key/).waitFor()
  expect(await page.getByRole('button', { name: 'Add row' }).count()).toBe(0)
  await openTable(page, 'paid_orders', 'paid_orders')
  await page.getByText(/A view cannot be edited/).waitFor()
})

test('no request left the machine and nothing was refused by the content security policy', () => {
  expect(seen.requests.length).toBeGreaterThan(30)
  expect(seen.requests.filter((url) => !url.startsWith(`${shop.origin}/`))).toEqual([])
  expect(seen.complaints).toEqual([])
})
