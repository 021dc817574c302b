import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cell, go, launch, openTable, visit, type Visit } from './browser'
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
beforeEach(async () => {
  await go(seen.page, '#/sql', 'SQL console')
  await seen.page.getByLabel('SQL', { exact: true }).waitFor()
})

async function write(page: Page, sql: string): Promise<void> {
  await page.getByLabel('SQL', { exact: true }).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(sql)
}

async function download(page: Page, act: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), act()])
  return readFileSync(await file.path(), 'utf8')
}

test('the statement under the cursor runs, each result in a tab of its own', async () => {
  const { page } = seen
  await write(page, "select 1 as a, 2 as a, null as n, '' as e;\n\nselect count(*) as customers from customers")
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => cell(page, 0, 0).innerText()).toBe('5000')
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => cell(page, 0, 1).innerText()).toBe('2')
  expect(await cell(page, 0, 2).innerText()).toBe('NULL')
  expect(await cell(page, 0, 3).innerText()).toBe('empty')
  expect(await page.getByRole('tablist', { name: 'Results' }).getByRole('tab').count()).toBe(2)
  await page.getByRole('button', { name: 'History' }).click()
  await page.getByRole('button', { name: /count\(\*\) as customers/ }).waitFor()
  await page.keyboard.press('Escape')
})

test('completion knows the tables and the columns', async () => {
  const { page } = seen
  await write(page, '')
  await page.keyboard.type('select * from custo')
  await page.getByRole('option', { name: 'customers' }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.type(' where customers.bala')
  await page.getByRole('option', { name: /balance/ }).waitFor()
  await page.keyboard.press('Escape')
})

test('an error is marked where it is', async () => {
  const { page } = seen
  await write(page, 'select 1;\nselect nonsense from customers')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('alert').filter({ hasText: 'nonsense' }).waitFor()
  await expect.poll(() => page.locator('.cm-fault').innerText()).toBe('nonsense')
})

test('more rows than the limit are said to be more', async () => {
  const { page } = seen
  await page.getByLabel('Rows').selectOption('100')
  await write(page, 'select * from orders order by id')
  await page.keyboard.press('Control+Enter')
  await page.getByText('more rows than the limit').waitFor()
  await page.getByText('100 rows').waitFor()
})

test('a running statement is cancelled', async () => {
  const { page } = seen
  await write(page, 'select pg_sleep(60)')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: /^Cancel/ }).click()
  await page.getByRole('button', { name: 'Run' }).waitFor()
  await page.getByRole('alert').filter({ hasText: /cancel/i }).waitFor()
})

test('EXPLAIN is a tree', async () => {
  const { page } = seen
  await write(page, 'select * from orders o join customers c on c.id = o.customer_id')
  await page.getByRole('button', { name: 'Explain' }).click()
  const tree = page.getByRole('tree', { name: 'Query plan' })
  await tree.getByText(/Hash Join/).waitFor()
  expect(await tree.getByRole('treeitem').count()).toBeGreaterThan(2)
})

test('results and tables are exported', async () => {
  const { page } = seen
  await write(page, "select 1 as a, 'x, \"y\"' as b, null as c, '' as d")
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Export' }).click()
  expect(await download(page, () => page.getByRole('dialog').getByRole('button', { name: 'Export' }).click())).toBe('a,b,c,d\n1,"x, ""y""",,""\n')
  await openTable(page, 'employees', 'employees')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('radio', { name: /^JSON one/ }).check()
  const rows = JSON.parse(await download(page, () => page.getByRole('dialog').getByRole('button', { name: 'Export' }).click())) as { name: string }[]
  expect(rows.map((row) => row.name)).toEqual(['Root', 'Middle', 'Leaf'])
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('radio', { name: /^SQL/ }).check()
  expect(await download(page, () => page.getByRole('dialog').getByRole('button', { name: 'Export' }).click())).toMatch(/INSERT INTO [\s\S]*'Middle'/)
})

test('no request left the machine and nothing was refused by the content security policy', () => {
  expect(seen.requests.filter((url) => !url.startsWith(`${shop.origin}/`) && !url.startsWith(`blob:${shop.origin}/`))).toEqual([])
  expect(seen.complaints.filter((text) => !/status of 4(09|22|08)/.test(text))).toEqual([])
})
