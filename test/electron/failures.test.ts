import { rmSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdfast, serving } from '../shells/commands.ts'
import { because, isAlive, missing, startApp, type App } from './app.ts'
import { personAt } from './person.ts'

// Processes that end or hang under the desktop app: it lives, and says what happened.

describe.skipIf(missing !== undefined)(`the desktop app, when a process fails${because}`, () => {
  let app: App
  let page: Page
  const { createVault, createKey, enter, submit } = personAt(() => page)

  beforeAll(async () => {
    app = await startApp()
    page = app.page()
    await createVault()
    await createKey()
    await page.getByRole('tab', { name: 'Playground' }).click()
    await page.getByLabel('Plaintext').fill('salary 4711')
  })

  afterAll(async () => {
    await app.close()
    rmSync(app.runtime, { recursive: true, force: true })
  })

  it('shows that the process of an HSM was killed, and starts a new one for the next call', async () => {
    const host = await app.memberHost()
    process.kill(host, 'SIGKILL')
    await chip().hover()
    await page.getByRole('tooltip').getByText('its process ended (SIGKILL)').waitFor()
    // The tip itself stands outside of all landmarks, which axe does not know as one.
    expect((await app.look('host-killed')).filter((found) => !found.includes('role="tooltip"'))).toEqual([])
    await encrypt()
    expect(await app.hostPids()).not.toContain(host)
    await chip().getByText('ready').waitFor()
  })

  it('ends an HSM that hangs at its deadline and says so at the call; the next one works', async () => {
    const host = await app.memberHost()
    process.kill(host, 'SIGSTOP')
    await submit('Encrypt').click()
    await page.getByRole('alert').getByText(/no answer within 10 s/).waitFor({ timeout: 20_000 })
    expect(await app.look('host-hung')).toEqual([])
    expect(isAlive(host)).toBe(false)
    await encrypt()
  }, 60_000)

  it('loads the page anew after its process has crashed, and says that it did', async () => {
    const before = await app.pagePid()
    const noticed = app.main.waitForEvent('window')
    process.kill(before, 'SIGSEGV')
    page = await app.renewed(before)
    await page.getByText('but nobody is signed in on this page').waitFor()
    const notice = await noticed
    await notice.getByText('The vault and its HSMs go on as they were').waitFor()
    expect(await app.look('notice-crash', notice)).toEqual([])
    await answer(notice, 'Go on')
    await enter('Sign in')
    await page.getByRole('link', { name: 'alias/payroll' }).waitFor()
  })

  it('asks what to do about a page that does not answer', async () => {
    const before = await app.pagePid()
    const noticed = app.main.waitForEvent('window')
    await app.main.evaluate(({ webContents }) => {
      webContents.getAllWebContents().find((each) => each.getURL().startsWith('app://holdfast/'))?.emit('unresponsive')
    })
    const notice = await noticed
    await answer(notice, 'Start it again')
    page = await app.renewed(before)
    await page.getByText('but nobody is signed in on this page').waitFor()
  })

  it('leaves no host and no lock behind when it is killed itself', async () => {
    const host = await app.memberHost()
    const electron = app.main.process()
    const gone = new Promise((resolve) => electron.once('exit', resolve))
    electron.kill('SIGKILL')
    await gone
    await expect.poll(() => isAlive(host), { timeout: 10_000 }).toBe(false)
    const status = await holdfast({ home: app.home, runtime: app.runtime }, '--json', 'status')
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'locked', running: false })
  })

  it('says that another program has the vault, tries again when asked, and opens then', async () => {
    const around = { home: app.home, runtime: app.runtime }
    const owner = await serving(around)
    const folder = app.runtime
    app = await startApp({ folder })
    const notice = app.page()
    await notice.getByText('Holdfast is already running for this vault').waitFor()
    expect(await app.look('notice-in-use', notice)).toEqual([])
    owner.child.kill('SIGTERM')
    await owner.ended
    const opened = app.main.waitForEvent('window')
    await answer(notice, 'Try again')
    page = await opened
    await page.getByText('since Holdfast was started').waitFor()
  })

  it('ends when the person gives up', async () => {
    await app.close()
    const owner = await serving({ home: app.home, runtime: app.runtime })
    app = await startApp({ folder: app.runtime })
    const gone = new Promise((resolve) => app.main.process().once('exit', resolve))
    await answer(app.page(), 'Quit')
    expect(await gone).toBe(0)
    owner.child.kill('SIGTERM')
    await owner.ended
  })

  function chip() {
    return page.getByRole('link', { name: /^HSM / })
  }

  async function encrypt(): Promise<void> {
    await submit('Encrypt').click()
    await page.getByTestId('ciphertext').waitFor()
    // For the next time the old answer must not do.
    await page.getByLabel('Plaintext').fill(`salary ${Math.random()}`)
    await expect.poll(() => page.getByTestId('ciphertext').count()).toBe(0)
  }
})

/** Presses a button of a notice, which ends its window in the middle of the click. */
async function answer(notice: Page, name: string): Promise<void> {
  const closed = notice.waitForEvent('close')
  await notice.getByRole('button', { name, exact: true }).evaluate((button: HTMLElement) => void setTimeout(() => button.click()))
  await closed
}
