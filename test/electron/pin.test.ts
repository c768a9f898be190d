import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { because, missing, startApp, type App } from './app.ts'
import { finishWizard, PASSPHRASE, personAt } from './person.ts'
import { vaultWithUnstoredPin } from './unstored-pin.ts'

// A token whose PIN the vault does not store: it is typed in a window of its own, and nobody but the token's host ever has it.

describe.skipIf(missing !== undefined)(`the PIN window${because}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-pin-'))
  let app: App
  let page: Page
  let pin: string
  const { button, enter, heading } = personAt(() => page)

  beforeAll(async () => {
    if (missing !== undefined) return
    pin = await vaultWithUnstoredPin(join(folder, 'vault'), PASSPHRASE)
    app = await startApp({ folder })
    page = app.page()
    await enter('Unlock')
    await heading('Customer managed keys')
    await page.getByRole('link', { name: /^HSM / }).click()
  })

  afterAll(async () => {
    if (missing === undefined) await app.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is not opened by itself: the member waits for a person', async () => {
    await page.getByText('needs a login', { exact: false }).first().waitFor()
    expect(await app.main.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
    expect(await app.look('login-needed')).toEqual([])
  })

  it('opens when it is asked for, as a page of its own process, with one call on it', async () => {
    const window = await pinWindowAfter(() => button('Type its PIN').click())
    expect(window.url()).toMatch(/^app:\/\/pin\//)
    const pids = await app.main.evaluate(({ webContents }) => webContents.getAllWebContents().map((contents) => contents.getOSProcessId()))
    expect(new Set(pids).size).toBe(2)
    expect(await window.evaluate(() => Object.keys((window as unknown as { pin: object }).pin))).toEqual(['submit'])
    expect(await app.look('pin', window)).toEqual([])
    await closedBy(window, () => window.getByRole('button', { name: 'Cancel' }))
    await page.getByText('needs a login', { exact: false }).first().waitFor()
  })

  it('says that a PIN was refused, where it was asked for', async () => {
    const window = await pinWindowAfter(() => button('Type its PIN').click())
    await window.getByRole('textbox', { name: 'PIN' }).fill('not the PIN')
    await closedBy(window, () => window.getByRole('button', { name: 'Log in' }))
    await page.getByText('is not correct', { exact: false }).first().waitFor()
  })

  it('lets the HSM log in with the right one; the page and main have never had it', async () => {
    await app.main.evaluate(({ app: electron }) => {
      // Everything that comes to main over any window's channels from now on.
      const own = electron as unknown as { heard: string[] }
      own.heard = []
      electron.on('web-contents-created', (_event, contents) => contents.on('ipc-message', (_message, channel, ...args) => own.heard.push(JSON.stringify([channel, args]))))
    })
    const window = await pinWindowAfter(() => button('Type its PIN').click())
    await window.getByRole('textbox', { name: 'PIN' }).fill(pin)
    await closedBy(window, () => window.getByRole('button', { name: 'Log in' }))
    await page.getByRole('link', { name: /^HSM / }).getByText('ready').waitFor()
    const heard = await app.main.evaluate(({ app: electron }) => (electron as unknown as { heard: string[] }).heard)
    expect(heard).toEqual([expect.stringContaining('pin-held')])
    expect(heard.join('')).not.toContain(pin)
  })

  it('is asked for again after the host has ended: nothing has kept the PIN', async () => {
    process.kill(await app.memberHost(), 'SIGKILL')
    await page.getByRole('link', { name: /^HSM / }).getByText('down').waitFor()
    await page.getByRole('link', { name: 'Keys' }).first().click()
    await page.keyboard.press('c')
    await button('Next: alias and tags').click()
    await finishWizard(page)
    await page.getByText('needs a login', { exact: false }).first().waitFor()
    expect(await app.main.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  })

  it('closes when the vault is locked', async () => {
    await page.getByRole('link', { name: /^HSM / }).click()
    const window = await pinWindowAfter(() => button('Type its PIN').click())
    const closed = window.waitForEvent('close')
    await app.main.evaluate(({ powerMonitor }) => {
      powerMonitor.emit('suspend')
    })
    await closed
  })

  async function pinWindowAfter(act: () => Promise<void>): Promise<Page> {
    const opened = app.main.waitForEvent('window')
    await act()
    const window = await opened
    await window.getByRole('textbox', { name: 'PIN' }).waitFor()
    return window
  }

  /** Presses what ends the window in the middle of the click. */
  async function closedBy(window: Page, find: () => ReturnType<Page['getByRole']>): Promise<void> {
    const closed = window.waitForEvent('close')
    await find().evaluate((element: HTMLElement) => void setTimeout(() => element.click()))
    await closed
  }
})
