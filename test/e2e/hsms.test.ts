import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleFolder } from '../../src-main/shells/places.ts'
import { startOwner, type Owner } from './owner.ts'
import { openScreen, type Screen } from './screen.ts'

// What a token can do, as a person sees it: tried by itself after the vault was made, then again by hand. Each sentence goes on where the one before ended.

const missing = !process.env['HOLDFAST_CHROMIUM'] ? 'there is no Chromium' : !process.env['HOLDFAST_SOFTHSM'] ? 'there is no SoftHSM' : undefined
const PASSPHRASE = 'orbit lantern meadow copper'

describe.skipIf(missing !== undefined)(`the HSM page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let owner: Owner
  let screen: Screen

  beforeAll(async () => {
    if (!existsSync(consoleFolder())) throw new Error('The console is not built: npm run build.')
    owner = await startOwner()
    screen = await openScreen()
    const { page } = screen
    await page.goto(owner.ready.link)
    await page.getByRole('heading', { name: 'Create a vault' }).waitFor()
    for (const field of ['Passphrase', 'Passphrase again']) await page.getByLabel(field, { exact: true }).fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Create vault' }).click()
    const stored = page.getByRole('checkbox', { name: 'I have stored this code' })
    await stored.or(page.getByRole('heading', { name: 'Customer managed keys' })).first().waitFor()
    if (await stored.isVisible()) {
      await stored.click()
      await page.getByRole('button', { name: 'Open the vault' }).click()
    }
    await page.getByRole('heading', { name: 'Customer managed keys' }).waitFor()
  })

  afterAll(async () => {
    await screen[Symbol.asyncDispose]()
    await owner[Symbol.asyncDispose]()
  })

  it('shows what the token of a new vault can do, without being asked', async () => {
    const { page } = screen
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'HSMs' }).click()
    await page.getByRole('heading', { name: /^Capabilities/ }).waitFor()
    await page.getByRole('row', { name: /Works AES-GCM CKM_AES_GCM IV from the host/ }).waitFor()
    await page.getByRole('row', { name: /Refused RSA-OAEP SHA-256/ }).waitFor()
    await page.getByText('Software token', { exact: true }).waitFor()
    await page.getByText('7 of 7', { exact: true }).waitFor()
    await page.getByText('Rung 1: used').waitFor()
    expect(await screen.look('hsms')).toEqual([])
  })

  it('tries it again with progress, and is cancelled', async () => {
    const { page } = screen
    await page.getByRole('button', { name: 'Test again' }).click()
    await page.getByRole('progressbar', { name: 'Test of the token' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Test again' }).waitFor()
    await page.getByRole('row', { name: /Works AES-GCM/ }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('tries it again to the end', async () => {
    const { page } = screen
    await page.getByRole('button', { name: 'Test again' }).click()
    await page.getByRole('progressbar', { name: 'Test of the token' }).waitFor()
    await page.getByRole('button', { name: 'Test again' }).waitFor()
    await page.getByText(/just now, in \d/).waitFor()
  })

  it('says whether the token answers and seals now', async () => {
    const { page } = screen
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText('The token answers and seals.', { exact: true }).waitFor()
    await page.getByText('Answers with random bytes', { exact: true }).waitFor()
    expect(await screen.look('hsm-health')).toEqual([])
  })

  it('stands behind what the wizard offers: how long the token takes, for each spec', async () => {
    const { page } = screen
    await page.keyboard.press('Control+k')
    await page.keyboard.type('create key')
    await page.keyboard.press('Enter')
    await page.getByRole('radio', { name: /^Sign and verify/ }).click()
    await page.getByRole('button', { name: 'Next: key spec', exact: true }).click()
    await page.getByText('Times are from the trial of SoftHSM.').waitFor()
    await page.getByRole('radio', { name: /^ECC_NIST_P256 .* ms$/ }).waitFor()
    await page.getByText(/^Works, .* in [\d.]+ ms$/).waitFor()
    expect(await screen.look('create-spec-timed')).toEqual([])
  })

  it('made nobody complain', () => {
    expect(screen.complaints).toEqual([])
  })
})
