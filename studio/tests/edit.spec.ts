import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cell, go, launch, openTable, settled, visit, type Visit } from './browser'
import { stage, type Stage } from './stage'

let shop: Stage
let browser: Browser
let seen: Visit

beforeAll(async () => {
  shop = await stage()
  browser = await launch()
  seen = await visit(browser, shop.url)
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})
// What a failed test left behind must not fail the next one.
beforeEach(async () => {
  const { page } = seen
  if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape')
  const discard = page.getByRole('button', { name: 'Discard all' })
  if ((await discard.count()) > 0) await discard.click()
})

const one = async (sql: string): Promise<unknown> => Object.values((await shop.beside(sql)).rows[0] as Record<string, unknown>)[0]

async function edit(page: Page, row: number, column: number, text: string): Promise<void> {
  await cell(page, row, column).click()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+a')
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

async function save(page: Page): Promise<void> {
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('SQL code').waitFor()
  await dialog.getByRole('button', { name: /^Save \d+ edit/ }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('edits are staged, shown as SQL and Diesel, undone and saved in one go', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await edit(page, 0, 2, 'Ada Lovelace')
  await edit(page, 1, 4, '17.2500')
  await cell(page, 2, 2).click()
  await page.keyboard.press('0')
  await page.getByText('3 staged edits').waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('2 staged edits').waitFor()
  expect(await one('SELECT name FROM customers WHERE id = 1')).not.toBe('Ada Lovelace')
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog')
  await expect.poll(() => dialog.getByLabel('SQL code').innerText()).toMatch(/UPDATE[\s\S]*Ada Lovelace/)
  await dialog.getByRole('tab', { name: 'Diesel' }).click()
  expect(await dialog.getByLabel('Diesel code').innerText()).toContain('customers')
  await dialog.getByRole('button', { name: 'Save 2 edits' }).click()
  await page.getByText('2 rows saved.').waitFor()
  expect(await one('SELECT name FROM customers WHERE id = 1')).toBe('Ada Lovelace')
  expect(await one('SELECT balance FROM customers WHERE id = 2')).toBe('17.2500')
  await settled(page)
  expect(await cell(page, 0, 2).innerText()).toBe('Ada Lovelace')
})

test('a row somebody changed meanwhile is a conflict: theirs, or mine on top of theirs', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await edit(page, 4, 2, 'mine')
  await shop.beside("UPDATE customers SET name = 'theirs', balance = 3 WHERE id = 5")
  await save(page)
  const note = page.getByRole('alert').filter({ hasText: 'Somebody changed this row' })
  await note.first().waitFor()
  expect(await note.first().innerText()).toContain('theirs')
  expect(await one('SELECT name FROM customers WHERE id = 5')).toBe('theirs')
  await note.first().getByRole('button', { name: 'Keep mine' }).click()
  await save(page)
  await page.getByText('1 row saved.').waitFor()
  expect(await one("SELECT name || ' ' || balance FROM customers WHERE id = 5")).toBe('mine 3.0000')
  await settled(page)
  await edit(page, 5, 2, 'mine')
  await shop.beside("UPDATE customers SET name = 'theirs' WHERE id = 6")
  await save(page)
  await note.first().getByRole('button', { name: 'Take theirs' }).click()
  await settled(page)
  expect(await cell(page, 5, 2).innerText()).toBe('theirs')
  expect(await page.getByText('staged edit').count()).toBe(0)
})

test('one refused edit rolls all back, and its message stands at its cell', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await edit(page, 6, 2, 'not to be saved')
  await edit(page, 7, 4, '-1')
  await save(page)
  await page.locator('.bubble-place').getByRole('alert').waitFor()
  await expect.poll(() => cell(page, 7, 4).getAttribute('aria-invalid')).toBe('true')
  expect(await one('SELECT name FROM customers WHERE id = 7')).toBeNull()
  await page.getByRole('button', { name: 'Discard all' }).click()
})

test('NULL, the empty text and a default are different in a new row', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await page.keyboard.press('a')
  await page.getByText('1 staged edit', { exact: true }).waitFor()
  expect(await cell(page, 0, 1).innerText()).toBe('required')
  expect(await cell(page, 0, 0).innerText()).toBe('default')
  await edit(page, 0, 1, 'new@example.org')
  await cell(page, 0, 2).click()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Empty' }).or(page.getByRole('button', { name: 'Default' })).first().waitFor()
  await page.keyboard.type('x')
  await page.getByRole('button', { name: 'Empty' }).click()
  expect(await cell(page, 0, 2).innerText()).toBe('empty')
  await cell(page, 0, 3).click()
  await page.keyboard.press('Enter')
  await page.getByLabel('vip, boolean').selectOption('true')
  await save(page)
  await page.getByText('1 row saved.').waitFor()
  const { rows } = await shop.beside("SELECT id::text, name, vip, balance FROM customers WHERE email = 'new@example.org'")
  expect(rows).toEqual([{ id: '5001', name: '', vip: true, balance: '0.0000' }])
})

test('after saving one is where one was, also far from the first page', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  await page.keyboard.press('Control+End')
  await page.getByText('400 loaded').waitFor()
  await page.keyboard.press('Control+End')
  await page.getByText('600 loaded').waitFor()
  await edit(page, 399, 4, 'far down')
  await save(page)
  await settled(page)
  await page.getByText('600 loaded').waitFor()
  await expect.poll(() => cell(page, 399, 4).innerText()).toBe('far down')
})

test('a duplicate leaves out what the database numbers itself', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  await page.keyboard.press('d')
  await page.getByText('1 staged edit', { exact: true }).waitFor()
  expect(await cell(page, 0, 0).innerText()).toBe('default')
  expect(await cell(page, 0, 2).innerText()).toBe('paid')
  await save(page)
  await page.getByText('1 row saved.').waitFor()
  expect(await one('SELECT max(id)::text FROM orders')).toBe('20001')
})

test('a deletion tells what it takes along, by table', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  await page.locator('.grid-row .gutter').nth(0).click()
  await page.locator('.grid-row .gutter').nth(1).click({ modifiers: ['Shift'] })
  await page.keyboard.press('Delete')
  await page.getByText('2 staged edits').waitFor()
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('6 rows of order_lines').waitFor()
  await dialog.getByRole('button', { name: 'Save 2 edits' }).click()
  await page.getByText('2 rows saved.').waitFor()
  expect(await one('SELECT count(*)::text FROM order_lines WHERE order_id <= 2')).toBe('0')
})

test('rows of a composite key', async () => {
  const { page } = seen
  await openTable(page, 'order_lines', 'order_lines')
  await edit(page, 1, 3, '99')
  await save(page)
  await page.getByText('1 row saved.').waitFor()
  expect(await one('SELECT string_agg(line::text, \',\') FROM order_lines WHERE quantity = 99')).toBe('2')
})

test('typed editors: a choice of labels, JSON with its numbers untouched, exact numbers', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  await cell(page, 0, 2).click()
  await page.keyboard.press('Enter')
  await page.getByLabel('state, order_state').selectOption('shipped')
  await openTable(page, 'exact', 'exact')
  await edit(page, 1, 1, '12345678901234567890.1234567891')
  await page.keyboard.press('Control+End')
  await page.keyboard.press('Home')
  for (let turn = 0; turn < 10; turn += 1) await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  const json = page.getByLabel('document, json')
  expect(await json.inputValue()).toContain('"n": 12345678901234567890')
  await json.fill('{"n": 98765432109876543210}')
  await page.keyboard.press('Control+Enter')
  await save(page)
  await page.getByText('3 rows saved.').waitFor()
  expect(await one('SELECT big FROM exact WHERE id = 3')).toBe('12345678901234567890.1234567891')
  expect(await one('SELECT document::text FROM exact WHERE id = 9007199254740993')).toBe('{"n": 98765432109876543210}')
  expect(await one('SELECT state FROM orders ORDER BY id LIMIT 1')).toBe('shipped')
})

test('names with quotes and semicolons are edited as any other', async () => {
  const { page } = seen
  await openTable(page, encodeURIComponent('we"ird; --'), 'we"ird; --')
  await edit(page, 0, 1, "Robert'); DROP TABLE customers; --")
  await save(page)
  await page.getByText('1 row saved.').waitFor()
  expect(await one('SELECT "naïve ключ" FROM "we""ird; --" WHERE "col""umn" = 1')).toBe("Robert'); DROP TABLE customers; --")
})

test('staged edits are written as a seed and as a migration', async () => {
  const { page } = seen
  await openTable(page, 'employees', 'employees')
  await edit(page, 0, 1, 'Chief')
  for (const kind of ['seed', 'migration'] as const) {
    await page.keyboard.press('Control+s')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: `Save as ${kind}` }).click()
    await dialog.getByLabel(`Name of the ${kind}`).fill('chief')
    await dialog.getByRole('button', { name: 'Write the file' }).click()
    await page.getByText(/^Written to .*chief/).last().waitFor()
    await dialog.getByRole('button', { name: 'Back' }).click()
  }
  expect(readdirSync(join(shop.folder, 'migrations')).some((name) => name.endsWith('chief'))).toBe(true)
  await page.getByRole('button', { name: 'Discard all' }).click()
  expect(await one('SELECT name FROM employees WHERE id = 1')).toBe('Root')
})

test('CSV is imported after a dry run that writes nothing', async () => {
  const { page } = seen
  await openTable(page, 'nothing', 'nothing')
  await page.getByRole('button', { name: 'Import CSV' }).click()
  const dialog = page.getByRole('dialog')
  const file = (text: string) => dialog.getByLabel('CSV file').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
  await file('id,text\n1,a\nx,b\n')
  await dialog.getByRole('button', { name: 'Dry run' }).click()
  await dialog.getByRole('alert').waitFor()
  await file('id,text\n1,"a, ""b"""\n2,\n3,""\n')
  await dialog.getByRole('button', { name: 'Dry run' }).click()
  await dialog.getByText('The dry run took 3 rows').waitFor()
  expect(await one('SELECT count(*)::text FROM nothing')).toBe('0')
  await dialog.getByRole('button', { name: 'Import 3 rows' }).click()
  await page.getByText('3 rows imported.').waitFor()
  expect((await shop.beside('SELECT text FROM nothing ORDER BY id')).rows.map((row: { text: unknown }) => row.text)).toEqual(['a, "b"', null, ''])
})

test('a protected environment is read-only until its name is typed', async () => {
  const guarded = await stage({ env: 'production' })
  try {
    const { page, context } = await visit(browser, guarded.url)
    await openTable(page, 'customers', 'customers')
    await page.getByText('production', { exact: true }).first().waitFor()
    expect(await page.getByRole('button', { name: 'Add row' }).count()).toBe(0)
    await page.keyboard.press('Enter')
    await page.getByText(/is protected. Unlock it to edit/).first().waitFor()
    await page.getByRole('button', { name: /Unlock…/ }).click()
    const unlock = page.getByRole('dialog').getByRole('button', { name: 'Unlock for this visit' })
    await page.getByRole('dialog').getByRole('textbox').fill('productio')
    expect(await unlock.isDisabled()).toBe(true)
    await page.getByRole('dialog').getByRole('textbox').fill('production')
    await unlock.click()
    await page.getByRole('button', { name: 'Add row' }).waitFor()
    await context.close()
  } finally {
    await guarded.stop()
  }
})

test('viewed as a tenant only its rows are there', async () => {
  const rented = await stage({ plain: true })
  try {
    const { page, context } = await visit(browser, rented.url)
    await openTable(page, 'notes', 'notes')
    await page.getByText('No rows', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'All tenants' }).click()
    await page.getByLabel('See what this tenant sees').fill('2')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Tenant 2' }).waitFor()
    await expect.poll(() => cell(page, 0, 2).innerText()).toBe('of two')
    await page.getByText('2 loaded').waitFor()
    await context.close()
  } finally {
    await rented.stop()
  }
})

test('with the keyboard alone: find, sort, filter, follow, edit, review, save', async () => {
  const { page } = seen
  await go(page, '#/data/log', 'log')
  await page.keyboard.press('Control+p')
  await page.keyboard.type('orders')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'orders', exact: true }).waitFor()
  await settled(page)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('s')
  await settled(page)
  await page.keyboard.press('f')
  await page.getByRole('heading', { level: 1, name: 'customers', exact: true }).waitFor()
  await settled(page)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('F2')
  await page.keyboard.press('Control+a')
  await page.keyboard.type('typed alone')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+s')
  await page.getByRole('dialog').getByLabel('SQL code').waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Save 1 edit')
  await page.keyboard.press('Enter')
  await page.getByText('1 row saved.').waitFor()
  expect(await one("SELECT count(*)::text FROM customers WHERE name = 'typed alone'")).toBe('1')
})

test('no request left the machine, and only refusals of the tests\' own making are in the console', () => {
  expect(seen.requests.filter((url) => !url.startsWith(`${shop.origin}/`))).toEqual([])
  expect(seen.complaints.filter((text) => !/status of 4(09|22|00)/.test(text))).toEqual([])
})
