import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** A real Chromium with one person in front of it, and everything that it complains about. */
export interface Screen {
  readonly context: BrowserContext
  readonly page: Page
  /** What must not be: CSP and Trusted Types violations, errors in the page, errors and warnings in its console. */
  readonly complaints: string[]
  /** Takes out what a story provoked: the browser writes each refused request into its console. */
  forgive(text: string): void
  /** Takes a picture in light and in dark, and gives what axe finds in each. */
  look(name: string): Promise<string[]>
  /** One picture as it is, for what went wrong. */
  keep(name: string): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'console')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Chromium without a sandbox of its own (tests may run as root) and without talk to the outside. */
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export async function openScreen(): Promise<Screen> {
  mkdirSync(pictures, { recursive: true })
  const browser: Browser = await chromium.launch({ executablePath: process.env['HOLDFAST_CHROMIUM'] ?? '/usr/bin/chromium', args })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'], reducedMotion: 'reduce' })
  context.setDefaultTimeout(15_000)
  const complaints: string[] = []
  await context.exposeBinding('complain', (_source, text: string) => {
    complaints.push(text)
  })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { complain } = window as unknown as { complain: (text: string) => void }
      complain(`csp ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  context.on('weberror', (error) => complaints.push(`error ${String(error.error())}`))
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console ${message.text()}`)
  })
  const page = await context.newPage()

  return {
    context,
    page,
    complaints,
    forgive(text) {
      complaints.splice(0, complaints.length, ...complaints.filter((complaint) => !complaint.includes(text)))
    },
    async look(name) {
      const found: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.evaluate(() => document.fonts.ready.then(() => undefined))
        await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) })
        await page.evaluate(axeSource)
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as { axe: { run(node: Document): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
          return (await axe.run(document)).violations
        })
        found.push(...violations.map(({ id, nodes }) => `${name} ${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`))
      }
      await page.emulateMedia({ colorScheme: null })
      return found
    },
    async keep(name) {
      await page.screenshot({ path: join(pictures, `${name}.png`) })
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
    },
  }
}
