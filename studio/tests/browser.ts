import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const path = process.env.CHROMIUM ?? '/usr/bin/chromium'

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })
}

export type Visit = { page: Page; context: BrowserContext; requests: string[]; complaints: string[] }

/** A page of a fresh visitor that remembers every request and everything the console complained of. */
export async function visit(browser: Browser, url: string, options: { dark?: boolean; width?: number; height?: number } = {}): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    acceptDownloads: true,
  })
  context.setDefaultTimeout(5000)
  const page = await context.newPage()
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  return { page, context, requests, complaints }
}

/** Goes to a view (and table) the way a link would, and waits until its heading is there. */
export async function go(page: Page, address: string, heading?: string): Promise<void> {
  await page.evaluate((to) => { location.hash = to }, address)
  if (heading !== undefined) await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()
}

export async function openTable(page: Page, id: string, heading: string): Promise<void> {
  // From elsewhere: going to where one is changes nothing, scrolling and filters included.
  await go(page, '#/data')
  await go(page, `#/data/${id}`, heading)
  await settled(page)
}

/** Until the rows asked for last are there. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(() => new Promise(requestAnimationFrame))
  await page.locator('.grid-place[aria-busy="false"]').waitFor()
}

/** What stands in a cell, by the number of its row and column on the screen. */
export function cell(page: Page, row: number, column: number) {
  return page.locator(`#cell-${row}-${column}`)
}

export async function texts(page: Page, column: number, rows: number): Promise<string[]> {
  const found: string[] = []
  for (let row = 0; row < rows; row += 1) found.push((await cell(page, row, column).locator('.value').innerText()).trim())
  return found
}
