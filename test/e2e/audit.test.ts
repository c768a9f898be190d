import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { prepared, type Lab } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// The audit trail as an auditor has it: found, looked at, proved, verified, and a checkpoint carried away. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`the audit trail's page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-audit-'))
  const story = tell(prepared(aWorkday))
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  async function saved(click: () => Promise<void>): Promise<string> {
    const { page } = story.me
    const [download] = await Promise.all([page.waitForEvent('download'), click()])
    const path = join(folder, download.suggestedFilename())
    await download.saveAs(path)
    return path
  }

  it('lists every call, the newest first, also those that were refused', async () => {
    const { me } = story
    await me.goTo('Audit trail')
    await me.heading('Audit trail')
    await me.page.getByRole('row', { name: /ListAuditRecords|SignIn|UnlockVault/ }).first().waitFor()
    await me.text(/^\d+ records$/).waitFor()
  })

  it('finds what was refused, and says why', async () => {
    const { me, screen } = story
    await me.page.getByRole('combobox', { name: /^Result/ }).click()
    await me.page.getByRole('option', { name: 'Refused or failed' }).click()
    await me.page.getByRole('row', { name: /Decrypt root .* Disabled/ }).click()
    await me.text(/is pending deletion\.$/).waitFor()
    expect(await screen.look('audit-record')).toEqual([])
  })

  it('proves the record: the HSM signs a checkpoint, and the path leads to its root', async () => {
    const { me } = story
    await me.button('Prove record').click()
    await me.text('root, equal to checkpoint').waitFor()
    const proof = JSON.parse(readFileSync(await saved(() => me.button('Save proof').click()), 'utf8')) as { type: string; record: string }
    expect(proof.type).toBe('holdfast/audit-record-proof/v1')
    expect(JSON.parse(proof.record)).toMatchObject({ eventName: 'Decrypt', errorCode: 'DisabledException' })
  })

  it('verifies the whole trail, and says up to where', async () => {
    const { me, screen } = story
    await me.button('Verify').click()
    await me.text(/^Verified up to record [\d,]+$/).waitFor()
    await me.text(/none changed, removed or added\.$/).waitFor()
    await me.button('Dismiss').waitFor()
    expect(await screen.look('audit-verified')).toEqual([])
    await me.button('Dismiss').click()
    await me.text(/none changed, removed or added\.$/).waitFor({ state: 'detached' })
    expect(await screen.look('audit')).toEqual([])
  })

  it('gives a checkpoint to carry away, and holds it against the trail again', async () => {
    const { me, screen } = story
    await me.button('Export').click()
    await me.page.getByRole('menuitem', { name: 'Checkpoints…' }).click()
    await me.page.getByRole('dialog').getByRole('row').nth(1).waitFor()
    expect(await screen.look('audit-checkpoints')).toEqual([])
    const kept = await saved(() => me.button('Sign and save now').click())
    expect(readFileSync(kept, 'utf8')).toMatch(/^holdfast\/audit\/v1\//)
    await me.page.getByLabel('Checkpoints kept elsewhere').setInputFiles(kept)
    await me.text(/checkpoint is the beginning of this trail\./).waitFor()
  })

  it('exports what the filter shows', async () => {
    const { me } = story
    await me.button('Export').click()
    const csv = readFileSync(await saved(() => me.page.getByRole('menuitem', { name: 'These records as CSV' }).click()), 'utf8')
    expect(csv.split('\r\n')[0]).toContain('sequence,eventTime,eventName')
    expect(csv).toContain('DisabledException')
    expect(csv).not.toContain(',GenerateDataKey,')
  })

  it('is walked with the keyboard, filtered by the key of a record, and cleared', async () => {
    const { me } = story
    await me.page.getByRole('grid').focus()
    await me.page.keyboard.press('Home')
    await me.page.keyboard.press('ArrowDown')
    await me.page.getByRole('row', { selected: true }).waitFor()
    await me.page.getByRole('row', { name: /Encrypt root alias\/none NotFound/ }).click()
    await me.page.keyboard.press('Escape')
    await me.page.getByRole('row', { name: /Encrypt root alias\/none NotFound/ }).waitFor()
    await me.page.getByRole('combobox', { name: /^Result/ }).click()
    await me.page.getByRole('option', { name: 'Any' }).click()
    await me.page.getByRole('combobox', { name: /^Event/ }).click()
    await me.page.getByRole('option', { name: 'GenerateDataKey' }).click()
    await me.page.getByRole('row', { name: /GenerateDataKey root alias\/invoices OK/ }).first().click()
    await me.page.keyboard.press('f')
    await me.button('Records of all keys').click()
    await me.page.keyboard.press('/')
    await me.page.keyboard.type('nonesuch-word')
    await me.text('No record matches').waitFor()
    await me.button('Clear the filter').click()
    await me.page.getByRole('row', { name: /ListAuditRecords/ }).first().waitFor()
  })

  it('made nobody complain', () => {
    expect(story.screen.complaints).toEqual([])
  })
})

async function aWorkday({ vault: { api }, key }: Lab): Promise<void> {
  const [invoices, ledger, mail] = [await key('alias/invoices'), await key('alias/ledger'), await key('alias/mail-gateway')]
  const { CiphertextBlob } = await api.kms.Encrypt({ KeyId: ledger, Plaintext: new Uint8Array(32), EncryptionContext: { year: '2019' } })
  for (let i = 0; i < 12; i++) {
    await api.kms.GenerateDataKey({ KeyId: invoices, KeySpec: 'AES_256', EncryptionContext: { invoice: String(4_100 + i) } })
    await api.kms.Encrypt({ KeyId: mail, Plaintext: new Uint8Array(32) })
    await api.kms.DescribeKey({ KeyId: ledger })
  }
  await api.kms.ScheduleKeyDeletion({ KeyId: ledger, PendingWindowInDays: 30 })
  await api.kms.Decrypt({ CiphertextBlob, EncryptionContext: { year: '2019' } }).catch(() => undefined)
  await api.kms.Encrypt({ KeyId: 'alias/none', Plaintext: new Uint8Array(1) }).catch(() => undefined)
  for (let i = 0; i < 6; i++) await api.kms.GenerateMac({ KeyId: invoices, Message: new Uint8Array(4), MacAlgorithm: 'HMAC_SHA_256' }).catch(() => undefined)
  for (let i = 0; i < 5; i++) await api.kms.Encrypt({ KeyId: invoices, Plaintext: new Uint8Array(32) })
}
