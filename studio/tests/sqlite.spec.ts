import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cell, go, launch, openTable, settled, texts, visit, type Visit } from './browser'
import { stage, type Stage } from './stage'

let shop: Stage
let browser: Browser
let seen: Visit

beforeAll(async () => {
  shop = await stage({ dialect: 'sqlite' })
  browser = await launch()
  seen = await visit(browser, shop.url)
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})

test('browse, sort, filter and follow', async () => {
  const { page } = seen
  await openTable(page, 'orders', 'orders')
  expect(await texts(page, 0, 3)).toEqual(['1', '2', '3'])
  await page.getByRole('columnheader', { name: /^customer_id / }).getByRole('button').click()
  await settled(page)
  await cell(page, 0, 1).click()
  await page.keyboard.press('f')
  await page.getByRole('heading', { level: 1, name: 'customers' }).waitFor()
  await settled(page)
  expect(await texts(page, 0, 1)).toEqual(['1'])
})

test('an edit keeps the storage class a value had', async () => {
  const { page } = seen
  await openTable(page, 'mixed', 'mixed')
  expect(await texts(page, 1, 6)).toEqual(['42', '42', '4.25', '\\x01 1 B', 'NULL', '9223372036854775807'])
  for (const [row, text] of [[0, '43'], [1, '43'], [5, '9223372036854775806']] as const) {
    await cell(page, row, 1).click()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+a')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Save 3 edits' }).click()
  await page.getByText('3 rows saved.').waitFor()
  await go(page, '#/sql', 'SQL console')
  await page.getByLabel('SQL', { exact: true }).click()
  await page.keyboard.insertText('select typeof(anything), anything from mixed order by id')
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => cell(page, 5, 1).innerText()).toBe('9223372036854775806')
  expect(await texts(page, 0, 6)).toEqual(['integer', 'text', 'real', 'blob', 'null', 'integer'])
})

test('a constraint\'s refusal stands at its row', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await cell(page, 1, 3).click()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+a')
  await page.keyboard.type('-5')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+s')
  await page.getByRole('dialog').getByRole('button', { name: 'Save 1 edit' }).click()
  await page.locator('.bubble-place').getByRole('alert').waitFor()
  await page.getByRole('button', { name: 'Discard all' }).click()
})

test('migrations and the diagram', async () => {
  const { page } = seen
  await go(page, '#/migrations', 'Migrations')
  await page.getByText('pending', { exact: true }).waitFor()
  await go(page, '#/schema')
  await page.getByRole('tab', { name: 'Diagram' }).click()
  await page.locator('.erd-table', { hasText: 'customers' }).first().waitFor()
})
