import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// Files as one person gives them, against a real `serve`, in a real Chromium. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`the files page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const story = tell(
    prepared(async ({ vault: { api }, key }) => {
      await key('alias/payroll')
      const old = await key('alias/old')
      await api.kms.DisableKey({ KeyId: old })
    }),
  )
  const folder = missing === undefined ? mkdtempSync(join(tmpdir(), 'hf-files-')) : ''
  const report = randomBytes(700_001)
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('takes a file that is dropped anywhere, and says what it will do before it does it', async () => {
    await drop({ 'report.pdf': report, 'notes.txt.age': Buffer.from('age-encryption.org/v1\n') })
    await story.me.heading('Files')
    await row('report.pdf').getByText('adds .holdfast to the name').waitFor()
    await row('notes.txt.age').getByText('age format, not one of ours').waitFor()
    // The only key that can encrypt is proposed.
    await story.me.page.getByRole('button', { name: 'Encrypt under' }).getByText('alias/payroll').waitFor()
    await story.me.button('Add pair').click()
    await story.me.field('Name 1').fill('purpose')
    await story.me.field('Value 1').fill('archive')
    expect(await story.screen.look('files-staged')).toEqual([])
  })

  it('encrypts it and gives the result once', async () => {
    await story.me.button('Start 1 item').click()
    const result = row('report.pdf.holdfast')
    await result.getByText('Encrypted under alias/payroll').waitFor()
    expect(await story.screen.look('files-done')).toEqual([])
    const encrypted = await save(result)
    writeFileSync(join(folder, 'report.pdf.holdfast'), encrypted)
    expect(encrypted.length).toBeGreaterThan(report.length)
    await result.getByText('Saved', { exact: true }).waitFor()
    await story.me.button('Clear report.pdf.holdfast').click()
    await story.me.button('Take notes.txt.age out').click()
  })

  it('knows its own again: decrypts it and gives back the very bytes', async () => {
    await drop({ 'report.pdf.holdfast': readFileSync(join(folder, 'report.pdf.holdfast')) })
    await row('report.pdf.holdfast').getByText('alias/payroll, context matches').waitFor()
    await story.me.button('Start 1 item').click()
    const result = row('report.pdf')
    await result.getByText('Verified and decrypted under alias/payroll').waitFor()
    expect((await save(result)).equals(report)).toBe(true)
    await story.me.button('Clear results').click()
  })

  it('shows a header without decrypting, and only inspects where the context differs', async () => {
    await story.me.field('Value 1').fill('payroll')
    await story.me.page.setInputFiles('input[type=file]', join(folder, 'report.pdf.holdfast'))
    await row('report.pdf.holdfast').getByText('purpose is archive in the file, payroll here').waitFor()
    await story.me.button('Show the header of report.pdf.holdfast').click()
    const dialog = story.me.page.getByRole('dialog', { name: 'report.pdf.holdfast' })
    await dialog.getByText('700,001 bytes').waitFor()
    await dialog.getByText('None of this is verified.').waitFor()
    expect(await story.screen.look('files-header')).toEqual([])
    await story.me.page.keyboard.press('Escape')
  })

  it('decrypts it all the same when a person says so', async () => {
    await row('report.pdf.holdfast').getByRole('button', { name: 'Inspect only' }).click()
    await story.me.page.getByRole('menuitem', { name: 'Decrypt with the file’s context' }).click()
    await story.me.button('Start 1 item').click()
    await row('report.pdf').getByText('Verified and decrypted').waitFor()
    await story.me.button('Clear results').click()
  })

  it('refuses an altered file and says what to do', async () => {
    const altered = readFileSync(join(folder, 'report.pdf.holdfast'))
    altered[altered.length - 40]! ^= 1
    await story.me.field('Value 1').fill('archive')
    await drop({ 'altered.pdf.holdfast': altered })
    await story.me.button('Start 1 item').click()
    await story.me.page.getByRole('alert').getByText('was altered or is not under this key').waitFor()
    expect(await story.screen.look('files-refused')).toEqual([])
    // The refusal is a 400, which the browser writes into its console.
    story.screen.forgive('400')
    await story.me.button('Clear results').click()
  })

  it('cancels in the middle and leaves nothing behind', async () => {
    const throttled = await story.screen.context.newCDPSession(story.me.page)
    await throttled.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 8_000_000 })
    // Results that were not fetched wait for their five minutes.
    const before = spooled().length
    writeFileSync(join(folder, 'disk.img'), Buffer.alloc(64_000_000))
    await story.me.page.setInputFiles('input[type=file]', join(folder, 'disk.img'))
    await story.me.button('Start 1 item').click()
    await story.me.page.locator('[role=progressbar]:not([aria-valuenow="0"])').waitFor()
    expect(await story.screen.look('files-queue')).toEqual([])
    expect(spooled()).toHaveLength(before + 1)
    await story.me.button('Cancel disk.img').click()
    await row('disk.img').getByText('Nothing was written.').waitFor()
    await throttled.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
    await throttled.detach()
    await expect.poll(() => spooled().length).toBe(before)
  })

  it('goes on with what was cancelled when it is tried again', async () => {
    await row('disk.img').getByRole('button', { name: 'Try again' }).click()
    await row('disk.img.holdfast').getByText('Encrypted under alias/payroll').waitFor()
    await story.me.button('Clear results').click()
  })

  it('encrypts files of the host where they are, and keeps both where a name is taken', async () => {
    writeFileSync(join(folder, 'ledger.csv'), 'date,amount\n')
    writeFileSync(join(folder, 'ledger.csv.holdfast'), 'in the way')
    await story.me.button('Add from host').click()
    const dialog = story.me.page.getByRole('dialog', { name: 'Add files from the host' })
    await dialog.getByLabel('Folder', { exact: true }).fill(folder)
    await story.me.page.keyboard.press('Enter')
    await dialog.getByRole('checkbox', { name: 'Choose ledger.csv', exact: true }).click()
    await dialog.getByRole('button', { name: 'Add 1 file' }).click()
    await story.me.page.getByText('If the name is taken').waitFor()
    expect(await story.screen.look('files-host')).toEqual([])
    await story.me.page.keyboard.press('Control+Enter')
    await story.me.page.getByText(join(folder, 'ledger (2).csv.holdfast')).waitFor()
    expect(existsSync(join(folder, 'ledger (2).csv.holdfast'))).toBe(true)
    expect(readFileSync(join(folder, 'ledger.csv'), 'utf8')).toBe('date,amount\n')
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  function row(name: string): Locator {
    return story.me.page.getByRole('listitem').filter({ has: story.me.page.getByText(name, { exact: true }) })
  }

  /** Drops files on the window, as a file manager does. */
  async function drop(files: Record<string, Buffer>): Promise<void> {
    const given = Object.entries(files).map(([name, bytes]) => ({ name, base64: bytes.toString('base64') }))
    const transfer = await story.me.page.evaluateHandle((list) => {
      const made = new DataTransfer()
      for (const { name, base64 } of list) made.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name))
      return made
    }, given)
    await story.me.page.dispatchEvent('main', 'drop', { dataTransfer: transfer })
  }

  async function save(result: Locator): Promise<Buffer> {
    const [download] = await Promise.all([story.me.page.waitForEvent('download'), result.getByRole('link', { name: 'Save' }).click()])
    return readFileSync(await download.path())
  }

  /** Files of the spool that `serve` has open. They have no name any more: only the kernel still knows them. */
  function spooled(): string[] {
    const descriptors = `/proc/${story.owner.ready.pid}/fd`
    return readdirSync(descriptors).flatMap((name) => {
      try {
        return readlinkSync(join(descriptors, name))
      } catch {
        return [] // closed while we looked
      }
    }).filter((target) => target.startsWith(join(story.owner.home, 'spool')))
  }
})
