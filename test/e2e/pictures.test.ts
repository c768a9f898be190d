import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { busyLab } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// Takes the README's pictures: `HOLDFAST_PICTURES=1 npm test -- test/e2e/pictures.test.ts`.

const unwanted = missing ?? (process.env['HOLDFAST_PICTURES'] === '1' ? undefined : 'HOLDFAST_PICTURES is not 1')
const images = join(import.meta.dirname, '..', '..', 'docs', 'images')

describe.skipIf(unwanted !== undefined)(`the pictures${unwanted === undefined ? '' : ` (skipped: ${unwanted})`}`, () => {
  const desk = unwanted === undefined ? mkdtempSync(join(tmpdir(), 'hf-desk-')) : ''
  const story = tell(busyLab(desk))
  afterAll(() => {
    rmSync(desk, { recursive: true, force: true })
  })

  it('show the keys', async () => {
    const { me } = story
    await me.page.getByRole('gridcell', { name: 'Deletes in 6 d' }).waitFor()
    await me.page.getByRole('link', { name: 'alias/payroll' }).hover()
    await take('keys')
  })

  it('show files on their way', async () => {
    const { me, screen } = story
    await me.goTo('Files')
    await me.page.getByRole('button', { name: 'Encrypt under' }).click()
    await me.page.getByRole('option', { name: 'alias/payroll' }).click()
    for (const [at, [name, value]] of [['purpose', 'payroll'], ['year', '2026']].entries()) {
      await me.button('Add pair').click()
      await me.field(`Name ${at + 1}`).fill(name!)
      await me.field(`Value ${at + 1}`).fill(value!)
    }
    const altered = readFileSync(join(desk, 'q3-report.pdf.holdfast'))
    altered[9_000_000]! ^= 1
    writeFileSync(join(desk, 'old-contract.pdf.holdfast'), altered)
    await start({ 'board-minutes.pdf': 2_200_000, 'invoices-q3.zip': 34_100_000 }, ['old-contract.pdf.holdfast'])
    await me.text('2 done, 1 failed').waitFor()
    screen.forgive('400')

    const slow = await screen.context.newCDPSession(me.page)
    await slow.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000_000 })
    await start({ 'photos-2025.tar': 412_000_000, 'backup-2026-11-22.tar': 350_000_000, 'mailboxes.tar': 280_000_000, 'minutes.docx': 41_000 }, [])
    await give({ 'payroll-2026-11.xlsx': 4_800_000, 'contracts.zip': 21_300_000, 'notes.txt.age': 12_000 }, ['q3-report.pdf.holdfast', 'ledger-2019.db.holdfast'])
    await me.text('its key is pending deletion').waitFor()
    await expect.poll(() => me.page.locator('[role=progressbar]').first().getAttribute('aria-valuenow').then(Number), { timeout: 20_000 }).toBeGreaterThan(20)
    await me.page.mouse.move(640, 780)
    await take('files')
    await me.button('Cancel all').click()
    await slow.detach()
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  /** Files of these sizes, and files of the desk. */
  async function give(made: Record<string, number>, there: readonly string[]): Promise<void> {
    for (const [name, size] of Object.entries(made)) {
      writeFileSync(join(desk, name), '')
      truncateSync(join(desk, name), size)
    }
    await story.me.page.setInputFiles('input[type=file]', [...Object.keys(made), ...there].map((name) => join(desk, name)))
  }

  async function start(made: Record<string, number>, there: readonly string[]): Promise<void> {
    await give(made, there)
    await story.me.button(`Start ${Object.keys(made).length + there.length} items`).click()
  }

  async function take(name: string): Promise<void> {
    const { page } = story.me
    mkdirSync(images, { recursive: true })
    await page.emulateMedia({ colorScheme: 'light' })
    await page.evaluate(() => document.fonts.ready.then(() => undefined))
    await page.screenshot({ path: join(images, `${name}.png`) })
  }
})
