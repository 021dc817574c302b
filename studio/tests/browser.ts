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
  context.setDefaultTimeout(8000)
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
