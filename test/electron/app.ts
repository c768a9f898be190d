import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, chromium, type Browser, type ElectronApplication, type Page } from 'playwright-core'
import { inject } from 'vitest'
import { environment } from '../shells/commands.ts'

/** The real desktop app over a home of its own, and one person in front of it. */
export interface App {
  readonly home: string
  /** As XDG_RUNTIME_DIR: where the local socket is. */
  readonly runtime: string
  /** The address of the session's D-Bus; undefined where there is no daemon for one. */
  readonly bus: string | undefined
  /** Electron's main process. */
  readonly main: ElectronApplication
  /** The console's page. After the app has replaced its process it is the one that `renewed` gave. */
  page(): Page
  /** The pid of the process that the console's page runs in. */
  pagePid(): Promise<number>
  /** Resolves once the page runs in another process than this one. */
  renewed(pid: number): Promise<Page>
  /** What the app has written to stderr. */
  readonly log: string[]
  /** CSP violations and errors of the page. */
  readonly complaints: string[]
  /** The processes of its HSMs. */
  hostPids(): Promise<number[]>
  /** The one that serves the one member, once those that try its token out have ended. */
  memberHost(): Promise<number>
  /** A picture of the page (or of another window) in both themes, and what axe finds in each. */
  look(name: string, window?: Page): Promise<string[]>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const found = inject('electron')
const needs = process.env['HOLDFAST_SOFTHSM'] ? undefined : 'there is no SoftHSM'

/** Why these tests cannot run here. */
export const missing = 'missing' in found ? found.missing : needs

/** For the name of a group of tests: says why it is skipped. */
export const because = missing === undefined ? '' : ` (skipped: ${missing})`

/** The runtime that the tests run on. */
export const version = 'missing' in found ? '' : found.version

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'electron')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Starts the app, or a packed one. With a `folder` that an earlier one has left, it opens the same home again; who made it removes it. */
export async function startApp(options: { folder?: string; packed?: string } = {}): Promise<App> {
  if ('missing' in found) throw new Error(found.missing)
  mkdirSync(pictures, { recursive: true })
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'hf-app-'))
  const home = join(folder, 'vault')
  const { bus } = found
  const env = { ...environment({ home, runtime: folder }), ...(bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus }), ...(found.display === undefined ? {} : { DISPLAY: found.display }) } as Record<string, string>
  // A packed app has to find the SoftHSM that it carries.
  if (options.packed !== undefined) delete env['HOLDFAST_SOFTHSM']
  const args = options.packed === undefined ? found.args : found.args.filter((argument) => argument.startsWith('--'))
  const main = await _electron.launch({ executablePath: options.packed ?? found.path, args: ['--disable-gpu', ...args], env, timeout: 60_000 })
  const log: string[] = []
  main.process().stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text))
  const complaints: string[] = []
  const first = await main.firstWindow()
  let browser: Browser | undefined
  let current = first
  await watch(first, complaints)

  /** Playwright gives a page up for good once its process has ended; over a connection of its own it finds the new one. */
  async function reconnect(): Promise<Page> {
    await browser?.close()
    const [port] = readFileSync(join(home, 'desktop', 'DevToolsActivePort'), 'utf8').split('\n')
    browser = await chromium.connectOverCDP(`http://127.0.0.1:${port ?? ''}`)
    const open = browser.contexts().flatMap((context) => context.pages())
    current = open.find((each) => each.url().startsWith('app://holdfast/')) ?? (await Promise.reject(new Error('the console has no page')))
    await watch(current, complaints)
    return current
  }

  async function hostPids(): Promise<number[]> {
    return await main.evaluate(({ app: electron }) => electron.getAppMetrics().filter(({ name }) => name === 'Holdfast HSM host').map(({ pid }) => pid))
  }

  async function memberHost(): Promise<number> {
    for (;;) {
      const [first, ...others] = await hostPids()
      if (first !== undefined && others.length === 0) return first
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function pagePid(): Promise<number> {
    return await main.evaluate(({ webContents }) => webContents.getAllWebContents().find((each) => each.getURL().startsWith('app://holdfast/'))?.getOSProcessId() ?? 0)
  }

  let closed = false
  async function close(): Promise<void> {
    if (closed) return
    closed = true
    await browser?.close()
    await main.close()
  }

  return {
    home,
    runtime: folder,
    bus,
    main,
    log,
    complaints,
    page: () => current,
    pagePid,
    async renewed(pid) {
      for (let now = pid; now === pid || now === 0; now = await pagePid()) await new Promise((resolve) => setTimeout(resolve, 50))
      return await reconnect()
    },
    hostPids,
    memberHost,
    async look(name, at = current) {
      const foundByAxe: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await at.emulateMedia({ colorScheme })
        await at.evaluate(() => document.fonts.ready.then(() => undefined))
        await at.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) })
        await at.evaluate(axeSource)
        const violations = await at.evaluate(async () => {
          const { axe } = window as unknown as { axe: { run(node: Document): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
          return (await axe.run(document)).violations
        })
        foundByAxe.push(...violations.map(({ id, nodes }) => `${name} ${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`))
      }
      await at.emulateMedia({ colorScheme: null })
      return foundByAxe
    },
    close,
    async [Symbol.asyncDispose]() {
      await close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // ESRCH: the answer
  }
}

async function watch(page: Page, complaints: string[]): Promise<void> {
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => complaints.push(`error ${String(error)}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console ${message.text()}`)
  })
}

/** Drops files of the disk on a page, as the system does. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data })
  await session.detach()
}
