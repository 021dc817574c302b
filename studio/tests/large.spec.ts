import type { Browser, Response } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cell, launch, openTable, settled, visit, type Visit } from './browser'
import { stage, type Stage } from './stage'

let shop: Stage
let browser: Browser
let seen: Visit

beforeAll(async () => {
  shop = await stage()
  // Unlogged and analysed by hand: ten million rows in seconds.
  await shop.beside(`CREATE UNLOGGED TABLE events AS SELECT n AS id, n % 1000 AS kind FROM generate_series(1::bigint, 10000000) AS n;
    ALTER TABLE events ADD PRIMARY KEY (id); ANALYZE events`)
  browser = await launch()
  seen = await visit(browser, shop.url)
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})

test('ten million rows: any page comes at once, and nothing is counted unasked', async () => {
  const { page } = seen
  const took: number[] = []
  const heard = async (answer: Response) => {
    if (answer.url().endsWith('/api/rows') && answer.ok()) took.push(((await answer.json()) as { ms: number }).ms)
  }
  page.on('response', (answer) => void heard(answer).catch(() => undefined))
  await openTable(page, 'events', 'events')
  expect(await cell(page, 0, 0).innerText()).toBe('1')
  await page.getByText(/^~\d/).first().waitFor()
  await page.getByLabel('Jump to id').fill('9999000')
  await page.keyboard.press('Enter')
  await settled(page)
  await expect.poll(() => cell(page, 0, 0).innerText()).toBe('9999000')
  await page.getByRole('button', { name: 'Next page' }).click()
  await expect.poll(() => page.locator('.grid-row.current').getByRole('gridcell').first().innerText()).toBe('9999200')
  await page.getByRole('columnheader', { name: /^id / }).getByRole('button').click()
  await page.getByRole('columnheader', { name: /^id / }).getByRole('button').click()
  await settled(page)
  await expect.poll(() => cell(page, 0, 0).innerText()).toBe('10000000')
  expect(took.length).toBeGreaterThan(3)
  // A loaded machine and an unoptimised build: what reads all rows takes seconds, not this.
  expect(Math.max(...took)).toBeLessThan(250)
  expect(seen.requests.filter((url) => url.endsWith('/api/count'))).toEqual([])
})

test('the last page is as near as the first', async () => {
  const { page } = seen
  await page.getByRole('columnheader', { name: /^id / }).getByRole('button').click()
  await settled(page)
  await expect.poll(() => cell(page, 0, 0).innerText()).toBe('1')
  await page.getByRole('button', { name: 'Last', exact: true }).click()
  await expect.poll(() => page.locator('.grid-row.current').getByRole('gridcell').first().innerText()).toBe('10000000')
  await page.getByRole('button', { name: 'First', exact: true }).click()
  await expect.poll(() => cell(page, 0, 0).innerText()).toBe('1')
})

test('an exact count is there on demand', async () => {
  const { page } = seen
  await page.getByRole('button', { name: 'Count', exact: true }).click()
  await page.getByText('10,000,000 rows').waitFor({ timeout: 20_000 })
})
