import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdfast } from '../shells/commands.ts'
import { because, dropFiles, isAlive, missing, startApp, type App } from './app.ts'
import { personAt } from './person.ts'

// The desktop app as one person meets it, in a real Electron with SoftHSM. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`the desktop app${because}`, () => {
  let app: App
  let page: Page
  const { heading, button, submit, createVault, createKey, enter } = personAt(() => page)

  beforeAll(async () => {
    app = await startApp()
    page = app.page()
  })

  afterAll(async () => {
    await app.close()
    rmSync(app.runtime, { recursive: true, force: true })
  })

  it('opens in a home that has no vault, with a profile of its own in it', async () => {
    await heading('Create a vault')
    expect(page.url()).toMatch(/^app:\/\/holdfast\//)
    expect(existsSync(join(app.home, 'desktop'))).toBe(true)
    expect(statSync(app.home).mode & 0o077).toBe(0)
    expect(await app.look('first-run')).toEqual([])
  })

  it('creates a vault and a key', async () => {
    await createVault()
    await createKey()
    expect(await app.look('key')).toEqual([])
  })

  it('encrypts and decrypts in the token', async () => {
    await page.getByRole('tab', { name: 'Playground' }).click()
    await page.getByLabel('Plaintext').fill('salary 4711')
    await submit('Encrypt').click()
    await page.getByTestId('ciphertext').waitFor()
    await button('Decrypt it').click()
    await submit('Decrypt').click()
    expect(await page.getByTestId('plaintext').textContent()).toBe('salary 4711')
  })

  it('encrypts a file that is dropped on the window, beside it, and decrypts it again', async () => {
    const plain = join(app.runtime, 'salaries.csv')
    writeFileSync(plain, 'name,salary\nada,4711\n')
    await dropFiles(page, [plain])
    await heading('Files')
    await row('salaries.csv').getByText('adds .holdfast to the name').waitFor()
    await page.getByRole('button', { name: 'Encrypt under' }).getByText('alias/payroll').waitFor()
    expect(await app.look('file-dropped')).toEqual([])
    await button('Start 1 item').click()
    await row('salaries.csv.holdfast').getByText('Encrypted under alias/payroll').waitFor()
    const sealed = readFileSync(`${plain}.holdfast`)
    expect(sealed.includes('salary')).toBe(false)
    rmSync(plain)
    await dropFiles(page, [`${plain}.holdfast`])
    await button('Start 1 item').click()
    await page.getByText('Verified and decrypted under alias/payroll').waitFor()
    expect(readFileSync(plain, 'utf8')).toBe('name,salary\nada,4711\n')
    expect(await app.look('files-done')).toEqual([])
    await page.goBack()
    await heading('alias/payroll')
  })

  it('lets the command line in over the local socket, and not without the passphrase', async () => {
    const around = { home: app.home, runtime: app.runtime }
    expect(JSON.parse((await holdfast(around, '--json', 'status')).stdout)).toMatchObject({ state: 'unlocked', running: true })
    expect((await holdfast(around, 'kms', 'list-keys')).code).not.toBe(0)
  })

  it('locks when the computer goes to sleep: the hosts end, and the page goes on in a new process', async () => {
    const before = await app.pagePid()
    const host = await app.memberHost()
    await app.main.evaluate(({ powerMonitor }) => {
      powerMonitor.emit('suspend')
    })
    page = await app.renewed(before)
    await page.getByText('because the computer went to sleep').waitFor()
    expect(await app.hostPids()).toEqual([])
    for (const pid of [before, host]) expect(isAlive(pid)).toBe(false)
    expect(await app.look('locked')).toEqual([])
  })

  it('unlocks again and finds everything in its place', async () => {
    await unlock()
    expect(await app.look('unlocked')).toEqual([])
  })

  it('locks when the screen is locked, and from its menu', async () => {
    await lockByScreen()
    await unlock()
    const before = await app.pagePid()
    await app.main.evaluate(({ Menu }) => {
      const [first] = Menu.getApplicationMenu()?.items ?? []
      first?.submenu?.items.find(({ label }) => label === 'Lock now')?.click()
    })
    page = await app.renewed(before)
    await page.getByText('because somebody locked it').waitFor()
  })

  it('locks when nobody has used the computer for as long as was set', async () => {
    await unlock()
    const before = await app.pagePid()
    await app.main.evaluate(({ powerMonitor }) => {
      powerMonitor.getSystemIdleTime = () => 15 * 60
    })
    page = await app.renewed(before)
    await page.getByText('because nobody used it for a while').waitFor()
    await app.main.evaluate(({ powerMonitor }) => {
      powerMonitor.getSystemIdleTime = () => 0
    })
  })

  it('locks when a Linux desktop says on D-Bus that the screen is locked', async ({ skip }) => {
    if (app.bus === undefined) skip('there is no D-Bus daemon')
    await unlock()
    const before = await app.pagePid()
    await promisify(execFile)('dbus-send', ['--session', '--type=signal', '/org/gnome/ScreenSaver', 'org.gnome.ScreenSaver.ActiveChanged', 'boolean:true'], { env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: app.bus } })
    page = await app.renewed(before)
    await page.getByText('because the screen was locked').waitFor()
  })

  it('takes what it has copied off the clipboard when it locks, and leaves what others have', async () => {
    const clipboard = (): Promise<string> => app.main.evaluate(({ clipboard: real }) => real.readText())
    await unlock()
    await app.main.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.focus())
    await page.evaluate(() => navigator.clipboard.writeText('our text'))
    await expect.poll(clipboard).toBe('our text')
    await lockByScreen()
    await expect.poll(clipboard).toBe('')
    await unlock()
    await page.evaluate(() => navigator.clipboard.writeText('our text'))
    await expect.poll(clipboard).toBe('our text')
    await page.waitForTimeout(300) // until the app knows it as its own
    await app.main.evaluate(({ clipboard: real }) => real.writeText('of another program'))
    await lockByScreen()
    expect(await clipboard()).toBe('of another program')
  })

  it('stays open when the switch for that is off', async () => {
    await unlock()
    await app.main.evaluate(({ Menu, powerMonitor }) => {
      Menu.getApplicationMenu()?.getMenuItemById('lock-on-suspend')?.click()
      powerMonitor.emit('suspend')
    })
    // The other switch is still on: had the first one locked, this page would say so.
    await lockByScreen()
    expect(await page.getByText('because the screen was locked').count()).toBe(1)
  })

  it('keeps its switches and the place of its window over a new start, and is locked', async () => {
    await app.main.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 60, width: 1100, height: 700 })
    })
    const { runtime: folder } = app
    await app.close()
    app = await startApp({ folder })
    page = app.page()
    await page.getByText('since Holdfast was started').waitFor()
    const kept = await app.main.evaluate(({ BrowserWindow, Menu }) => ({
      bounds: BrowserWindow.getAllWindows()[0]?.getBounds(),
      switches: ['lock-on-suspend', 'lock-on-screen-lock', 'lock-when-idle'].map((id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.checked),
    }))
    expect(kept).toEqual({ bounds: { x: 40, y: 60, width: 1100, height: 700 }, switches: [false, true, true] })
  })

  it('complains of nothing: no violation of its policy, no error', () => {
    expect(app.complaints).toEqual([])
    expect(app.log.join('')).not.toContain('incident=')
  })

  function row(name: string): Locator {
    return page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) })
  }

  async function lockByScreen(): Promise<void> {
    const before = await app.pagePid()
    await app.main.evaluate(({ powerMonitor }) => {
      powerMonitor.emit('lock-screen')
    })
    page = await app.renewed(before)
    await page.getByText('because the screen was locked').waitFor()
  }

  async function unlock(): Promise<void> {
    await enter('Unlock')
    await heading('alias/payroll')
  }
})
