import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { go, launch, openTable, settled, visit, type Visit } from './browser'
import { stage, type Stage } from './stage'

let shop: Stage
let browser: Browser
let seen: Visit
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

beforeAll(async () => {
  shop = await stage()
  browser = await launch()
  seen = await visit(browser, shop.url)
})
afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})

type Found = { id: string; impact: string | null; nodes: { target: unknown; failureSummary?: string }[] }

async function faults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's policy does not concern.
  await page.evaluate(axe)
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] }).then((result) => result.violations)')) as Found[]
  return found
    .filter((each) => each.impact === 'serious' || each.impact === 'critical')
    .flatMap((each) => each.nodes.slice(0, 3).map((node) => `${each.id}: ${JSON.stringify(node.target)} ${node.failureSummary ?? ''}`))
}

const views: Record<string, (page: Page) => Promise<void>> = {
  'rows with detail': async (page) => {
    await page.keyboard.press('Escape')
    await openTable(page, 'orders', 'orders')
    await page.keyboard.press('Space')
    await page.getByRole('heading', { name: 'Referred to by' }).waitFor()
  },
  'a filter and the code': async (page) => {
    await openTable(page, 'products', 'products')
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('button', { name: 'Condition' }).click()
    await page.getByRole('button', { name: 'SQL and Diesel' }).click()
  },
  'staged edits': async (page) => {
    await openTable(page, 'customers', 'customers')
    await page.keyboard.press('Delete')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('0')
    await page.keyboard.press('a')
    await page.getByText('3 staged edits').waitFor()
    await page.keyboard.press('Enter')
  },
  'the review': async (page) => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+s')
    await page.getByRole('dialog').waitFor()
    await page.waitForTimeout(300)
  },
  'the console with a result': async (page) => {
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Discard all' }).click()
    await go(page, '#/sql', 'SQL console')
    await page.getByLabel('SQL', { exact: true }).click()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
    await page.keyboard.insertText("select id, state, 'text' from orders -- a comment")
    await page.keyboard.press('Control+Enter')
    await page.getByText('1000 rows').waitFor()
  },
  'a plan': async (page) => {
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByRole('tree').waitFor()
  },
  'the structure': async (page) => go(page, '#/schema/orders', 'orders'),
  'the diagram': async (page) => {
    await page.getByRole('tab', { name: 'Diagram' }).click()
    await page.locator('.erd-table').first().waitFor()
  },
  migrations: async (page) => {
    await go(page, '#/migrations', 'Migrations')
    await page.getByText('up.sql').waitFor()
  },
  help: async (page) => {
    await openTable(page, 'customers', 'customers')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
  },
}

for (const theme of ['light', 'dark'] as const) {
  describe(`axe finds nothing serious, ${theme}`, () => {
    for (const [name, show] of Object.entries(views)) {
      test(name, async () => {
        await seen.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
        await show(seen.page)
        expect(await faults(seen.page)).toEqual([])
      })
    }
  })
}

test('light and dark by the system, or as chosen', async () => {
  const { page } = seen
  await page.keyboard.press('Escape')
  const background = () => page.evaluate(() => getComputedStyle(document.body.querySelector('.topbar') as Element).backgroundColor)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await background()
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await background()).not.toBe(dark)
  await page.getByRole('button', { name: 'Theme' }).click()
  await page.getByRole('button', { name: 'Dark' }).click()
  expect(await background()).toBe(dark)
  await page.reload()
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  expect(await background()).toBe(dark)
})

test('a narrow window: nothing is wider than it, tables are a drawer', async () => {
  const { page } = seen
  await page.setViewportSize({ width: 390, height: 844 })
  for (const view of ['#/data/customers', '#/sql', '#/schema/orders', '#/migrations']) {
    await go(page, view)
    await page.waitForTimeout(250)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  }
  await go(page, '#/data/customers', 'customers')
  await page.getByRole('button', { name: 'Tables' }).click()
  await page.getByRole('option', { name: /^orders/ }).click()
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor()
  await page.setViewportSize({ width: 1440, height: 900 })
})

test('a visitor without a session sees how to get one, and no data', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(shop.origin)
  await page.getByText('This session has ended').waitFor()
  await page.goto(`${shop.url}`)
  await page.getByText('This session has ended').waitFor()
  await context.close()
})

test('a server that went away: said so, and staged edits stay', async () => {
  const { page } = seen
  await openTable(page, 'customers', 'customers')
  await page.keyboard.press('Delete')
  await page.route('**/api/**', (route) => route.abort())
  await page.keyboard.press('r')
  await page.getByRole('heading', { name: 'The studio server does not answer' }).waitFor()
  await page.unroute('**/api/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'The studio server does not answer' }).waitFor({ state: 'detached' })
  await page.getByText('1 staged edit', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Discard all' }).click()
  await settled(page)
})

test('what the page loads at first is at most 150 KB gzipped; editor and diagram come later', () => {
  const dist = join(import.meta.dirname, '../dist')
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1] ?? '')
  const size = gzipSync(html).length + first.reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name))).length, 0)
  expect(first.length).toBeGreaterThan(2)
  expect(size).toBeLessThan(150_000)
  const names = readdirSync(join(dist, 'assets'))
  for (const lazy of ['Console', 'Diagram']) {
    expect(names.some((name) => name.startsWith(`${lazy}-`))).toBe(true)
    expect(first.some((name) => name.includes(lazy))).toBe(false)
  }
  expect(html).not.toMatch(/<script(?![^>]*src=)|style=|<style/)
})

test('what is in the bundle has a permissive licence, and its text goes with it', () => {
  const text = readFileSync(join(import.meta.dirname, '../dist/assets/licences.txt'), 'utf8')
  const found = [...text.matchAll(/^## (.+) - \S+ \((.+)\)$/gm)].map((match) => `${match[1]}: ${match[2]}`)
  expect(found.length).toBeGreaterThan(20)
  expect(found.filter((each) => !/: (MIT|ISC|BSD-[23]-Clause|Apache-2\.0)$/.test(each))).toEqual([])
})
