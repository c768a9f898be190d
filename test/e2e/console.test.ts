import { existsSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { consoleFolder } from '../../src-main/shells/places.ts'
import { missing } from './needs.ts'
import { startOwner, type Owner } from './owner.ts'
import { openScreen, type Screen } from './screen.ts'

// The first pages as one person meets them, against a real `serve` with SoftHSM, in a real Chromium. Each sentence goes on where the one before ended.

const FIRST = 'orbit lantern meadow copper'
const SECOND = 'quiet harbour winter fiddle'

describe.skipIf(missing !== undefined)(`the console${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let owner: Owner
  let screen: Screen
  let page: Page
  let recoveryCode: string

  beforeAll(async () => {
    if (!existsSync(consoleFolder())) throw new Error('The console is not built: npm run build.')
    owner = await startOwner()
    screen = await openScreen()
    page = screen.page
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screen.keep(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await screen[Symbol.asyncDispose]()
    await owner[Symbol.asyncDispose]()
  })

  it('opens by a one-time link and takes its token out of the address at once', async () => {
    await page.goto(owner.ready.link)
    await heading('Create a vault')
    expect(page.url()).not.toContain('token')
    expect(await screen.look('first-run')).toEqual([])
  })

  it('says that a link is used up, and how to get a new one', async () => {
    const second = await screen.context.newPage()
    await second.goto(owner.ready.link)
    await second.getByRole('heading', { name: 'This link is used up' }).waitFor()
    await second.getByText('holdfast link', { exact: true }).waitFor()
    await second.close()
    // The refusal itself is a 403, which the browser writes into its console.
    screen.forgive('403')
  })

  it('refuses a short passphrase at its field, with the vault\'s own minimum', async () => {
    await field('Passphrase').fill('short')
    await field('Passphrase again').fill('short')
    await button('Create vault').click()
    await page.getByText('A passphrase needs at least 12 characters.').waitFor()
  })

  it('creates a vault and shows its recovery sheet until it is stored', async () => {
    await page.getByLabel('Name').fill('Lab vault')
    await field('Passphrase').fill(FIRST)
    await field('Passphrase again').fill(FIRST)
    await button('Create vault').click()
    await heading('Recovery sheet')
    recoveryCode = (await page.getByTestId('recovery-code').locator('span > span:last-child').allTextContents()).join('-')
    expect(recoveryCode).toMatch(/^([0-9A-Z]{5}-){7}[0-9A-Z]{5}$/)
    expect(await screen.look('recovery-sheet')).toEqual([])
    await button('Open the vault').focus()
    await page.getByRole('tooltip').getByText('Store the code first').waitFor()
    await page.getByRole('checkbox', { name: 'I have stored this code' }).click()
    await button('Open the vault').click()
    await heading('Customer managed keys')
    await page.getByText('No keys yet').waitFor()
    expect(await screen.look('keys-empty')).toEqual([])
  })

  it('creates a key in four steps and shows the same as commands', async () => {
    await page.keyboard.press('c')
    await heading('Type and usage')
    expect(await screen.look('create-key')).toEqual([])
    await button('Next: alias and tags').click()
    await page.getByRole('textbox', { name: 'Alias' }).fill('payroll')
    await page.getByLabel('Description').fill('Payroll exports')
    await button('Add tag').click()
    await page.getByLabel('Name 1').fill('team')
    await page.getByLabel('Value 1').fill('finance')
    await page.getByText('--tags TagKey=team,TagValue=finance').waitFor()
    expect(await screen.look('create-alias')).toEqual([])
    await button('Next: rotation').click()
    await page.getByText('--rotation-period-in-days 365').waitFor()
    expect(await screen.look('create-rotation')).toEqual([])
    await button('Next: review').click()
    await page.getByText('--alias-name alias/payroll').waitFor()
    expect(await screen.look('create-review')).toEqual([])
    await button('Create key').click()
    await heading('alias/payroll')
    await page.getByText('Enabled', { exact: true }).waitFor()
    expect(await screen.look('key-general')).toEqual([])
  })

  it('keeps a key whose alias is taken, and offers another alias', async () => {
    await goTo('Keys')
    await page.keyboard.press('c')
    await button('Next: alias and tags').click()
    // Past the page's own check, as when somebody else takes the alias in this moment.
    await page.getByRole('textbox', { name: 'Alias' }).fill('alias/wages')
    await button('Next: rotation').click()
    await page.getByRole('switch', { name: 'Rotate automatically' }).click()
    await button('Next: review').click()
    await elsewhere(async (other) => {
      await other.getByRole('link', { name: 'alias/payroll' }).click()
      await other.getByRole('button', { name: 'Actions' }).click()
      await other.getByRole('menuitem', { name: 'Add alias' }).click()
      await other.getByRole('textbox', { name: 'Alias' }).fill('alias/wages')
      await other.getByRole('dialog').getByRole('button', { name: 'Add alias' }).click()
      await other.getByText('alias/wages points to this key', { exact: true }).waitFor()
    })
    await button('Create key').click()
    await page.getByText('The key is created, but it has no alias.').waitFor()
    expect(await screen.look('create-alias-taken')).toEqual([])
    await page.getByRole('textbox', { name: 'Alias' }).fill('alias/backup')
    await button('Set alias').click()
    await heading('alias/backup')
  })

  it('encrypts and decrypts with the encryption context', async () => {
    await goTo('Keys')
    await page.getByRole('link', { name: 'alias/payroll' }).click()
    await tab('Playground')
    await page.getByLabel('Plaintext').fill('salary 4711')
    await page.getByText('11 of 4,096 bytes').waitFor()
    await button('Add pair').click()
    await page.getByLabel('Name 1').fill('purpose')
    await page.getByLabel('Value 1').fill('payroll')
    await submit('Encrypt').click()
    await page.getByTestId('ciphertext').waitFor()
    expect(await screen.look('encrypt')).toEqual([])
    await button('Decrypt it').click()
    await submit('Decrypt').click()
    expect(await page.getByTestId('plaintext').textContent()).toBe('salary 4711')
    expect(await screen.look('decrypt')).toEqual([])
  })

  it('says what may be wrong when the context is another one', async () => {
    await page.getByLabel('Value 1').fill('invoices')
    expect(await page.getByTestId('plaintext').count()).toBe(0)
    await submit('Decrypt').click()
    await page.getByRole('alert').getByText('made with another encryption context').waitFor()
    expect(await screen.look('decrypt-other-context')).toEqual([])
  })

  it('shows how the key is sealed and who may use it', async () => {
    await tab('Cryptography')
    await page.getByText('Current', { exact: true }).waitFor()
    await button('Read attributes').click()
    await page.getByRole('row', { name: /CKA_NEVER_EXTRACTABLE true/ }).waitFor()
    await page.getByRole('row', { name: /CKA_SENSITIVE true/ }).waitFor()
    await page.getByRole('row', { name: /CKA_LOCAL true/ }).waitFor()
    expect(await page.getByText('CKA_VALUE', { exact: true }).count()).toBe(0)
    expect(await screen.look('key-cryptography')).toEqual([])
    await tab('Policy')
    await page.getByText('kms:*').waitFor()
    expect(await screen.look('key-policy')).toEqual([])
    await tab('Aliases')
    await page.getByText('alias/wages', { exact: true }).waitFor()
    expect(await screen.look('key-aliases')).toEqual([])
  })

  it('disables a key after naming the consequence, and takes it back', async () => {
    await button('Actions').click()
    await page.getByRole('menuitem', { name: 'Disable' }).click()
    await page.getByRole('alertdialog', { name: 'Disable alias/payroll' }).waitFor()
    expect(await screen.look('disable')).toEqual([])
    await button('Disable key').click()
    await page.getByText('Disabled', { exact: true }).waitFor()
    await tab('Playground')
    await page.getByLabel('Plaintext').fill('x')
    await submit('Encrypt').focus()
    await page.getByRole('tooltip').getByText('alias/payroll is disabled').waitFor()
    await button('Undo').click()
    await page.getByText('Enabled', { exact: true }).waitFor()
  })

  it('lists keys, filters them in the address, and works by keyboard alone', async () => {
    await goTo('Keys')
    await page.getByText('2 keys', { exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('back')
    await page.getByText('1 of 2 keys').waitFor()
    expect(new URL(page.url()).search).toBe('?q=back')
    await page.keyboard.press('Escape')
    await page.getByRole('grid', { name: 'Keys' }).focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('x')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('x')
    await page.getByText('2 selected').waitFor()
    expect(await screen.look('keys')).toEqual([])
    await page.getByRole('toolbar').getByRole('button', { name: 'Disable' }).click()
    await button('Disable keys').click()
    await page.getByText('2 keys are disabled', { exact: true }).waitFor()
    await button('Undo').click()
    await page.getByRole('gridcell', { name: 'Enabled' }).nth(1).waitFor()
    await page.getByRole('grid', { name: 'Keys' }).focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('[role=grid]:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'General' }).waitFor()
  })

  it('jumps to anything by its name', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog', { name: 'Search or jump to' }).waitFor()
    await page.keyboard.type('payr')
    await page.getByRole('option', { name: 'alias/payroll' }).waitFor()
    expect(await screen.look('palette')).toEqual([])
    await page.keyboard.press('Enter')
    await heading('alias/payroll')
  })

  it('shows the HSM and its token', async () => {
    await page.getByRole('link', { name: 'HSM', exact: false }).first().click()
    await heading('HSMs')
    await page.getByText('Library', { exact: true }).waitFor()
    expect(await screen.look('hsms')).toEqual([])
  })

  it('stays signed in over a reload, at the same page', async () => {
    await page.reload()
    await heading('HSMs')
  })

  it('keeps a theme that was chosen', async () => {
    await goTo('Settings')
    expect(await screen.look('settings')).toEqual([])
    await page.getByRole('radio', { name: /^Dark/ }).click()
    await page.reload()
    await heading('Settings')
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
    await page.getByRole('radio', { name: /^High contrast/ }).click()
    expect(await screen.look('settings-contrast')).toEqual([])
    await page.getByRole('radio', { name: /^As the system/ }).click()
  })

  it('locks by keyboard and says why and when it was locked', async () => {
    await page.keyboard.press('Control+l')
    await page.getByText('because somebody locked it').waitFor()
    await heading('Lab vault')
    expect(await screen.look('unlock')).toEqual([])
  })

  it('refuses a wrong passphrase once and counts the wait down', async () => {
    await field('Passphrase').fill('not the passphrase at all')
    await page.keyboard.press('Enter')
    await page.getByText('The passphrase does not open this vault.').waitFor()
    expect(await screen.look('unlock-refused')).toEqual([])
  })

  it('opens with the passphrase, at the page where it was locked', async () => {
    await button('Unlock').waitFor()
    await field('Passphrase').fill(FIRST)
    await page.keyboard.press('Enter')
    await heading('Settings')
  })

  it('opens with the recovery code and a new passphrase', async () => {
    await page.getByRole('button', { name: 'Lock vault' }).click()
    await button('Lost passphrase').click()
    await page.getByLabel('Recovery code').fill(recoveryCode.toLowerCase())
    await field('New passphrase').fill(SECOND)
    await field('New passphrase again').fill(SECOND)
    expect(await screen.look('recover')).toEqual([])
    await button('Open and set passphrase').click()
    await heading('Settings')
  })

  it('changes the passphrase', async () => {
    await field('Current passphrase').fill(SECOND)
    await field('New passphrase').fill(FIRST)
    await field('New passphrase again').fill(FIRST)
    await button('Change passphrase').click()
    await page.getByText('The passphrase is changed', { exact: true }).waitFor()
  })

  it('never made the browser complain', () => {
    expect(screen.complaints).toEqual([])
  })

  it('says so when Holdfast is gone, and keeps what is on screen', async () => {
    await owner.stop()
    await page.getByText('The connection to Holdfast was lost.').waitFor()
    await heading('Settings')
    expect(await screen.look('connection-lost')).toEqual([])
  })

  function heading(name: string): Promise<void> {
    return page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  }

  /** A field by its whole label: "Show passphrase" is another thing. */
  function field(label: string) {
    return page.getByLabel(label, { exact: true })
  }

  function button(name: string) {
    return page.getByRole('button', { name, exact: true })
  }

  /** The button of a form: its name may also be a switch's. */
  function submit(name: string) {
    return page.locator('button[type=submit]', { hasText: name }).and(page.locator(':visible'))
  }

  async function tab(name: string): Promise<void> {
    await page.getByRole('tab', { name }).click()
  }

  async function goTo(name: string): Promise<void> {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: new RegExp(`^${name}`) }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
  }

  /** Somebody does something in another tab of their own. */
  async function elsewhere(does: (other: Page) => Promise<void>): Promise<void> {
    const other = await screen.context.newPage()
    await other.goto(await owner.link())
    await other.getByLabel('Passphrase', { exact: true }).fill(FIRST)
    await other.keyboard.press('Enter')
    await does(other)
    await other.close()
  }
})
