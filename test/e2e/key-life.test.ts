import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// A key's life as its administrator leads it. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`the life of a key${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const story = tell(
    prepared(async ({ vault: { api }, key }) => {
      const payroll = await key('alias/payroll', 'Payroll exports', { team: 'finance' })
      await api.kms.GenerateDataKeyWithoutPlaintext({ KeyId: payroll, KeySpec: 'AES_256', EncryptionContext: { purpose: 'payroll' } })
      await key('alias/backup')
      const { KeyId } = (await api.kms.CreateKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata
      await api.kms.CreateAlias({ AliasName: 'alias/code-signing', TargetKeyId: KeyId })
    }),
  )

  it('rotates by itself once that is switched on, every 365 days', async () => {
    const { me, screen } = story
    await me.page.getByRole('link', { name: 'alias/payroll' }).click()
    await me.tab('Rotation')
    await me.text('None is planned').waitFor()
    await me.page.getByRole('switch', { name: 'Automatic rotation' }).click()
    await me.text('alias/payroll rotates every 365 days').first().waitFor()
    await me.page.getByRole('listitem').filter({ hasText: 'in 1,825 d' }).waitFor()
    expect(await screen.look('key-rotation')).toEqual([])
  })

  it('takes another period when it is saved, and none outside of 90 to 2,560 days', async () => {
    const { me } = story
    await me.field('Period in days').fill('89')
    await me.button('Save').focus()
    await me.page.getByRole('tooltip').getByText('A period has 90 to 2,560 days.').waitFor()
    await me.field('Period in days').fill('90')
    await me.text('A new period begins now').waitFor()
    await me.button('Save').click()
    await me.page.getByRole('listitem').filter({ hasText: 'in 450 d' }).waitFor()
    expect(await me.button('Save').count()).toBe(0)
  })

  it('rotates now, after a question that says what it costs', async () => {
    const { me, screen } = story
    await me.button('Rotate now').click()
    await me.page.getByRole('alertdialog').getByText('number 1 of the 25').waitFor()
    expect(await screen.look('rotate-now')).toEqual([])
    await me.page.getByRole('alertdialog').getByRole('button', { name: 'Rotate now' }).click()
    await me.text('1 of 25 used').waitFor()
    await me.text('2 versions, all still decrypt').waitFor()
    expect(await me.page.getByRole('cell', { name: 'On demand' }).count()).toBe(1)
  })

  it('gets another description and other tags', async () => {
    const { me, screen } = story
    await me.tab('General')
    await me.button('Edit description').click()
    await me.field('Description').fill('Payroll exports; answers: finance')
    expect(await screen.look('key-description')).toEqual([])
    await me.button('Save').click()
    await me.text('answers: finance').waitFor()
    await me.tab('Tags')
    await me.button('Edit tags').click()
    await me.field('Value 1').fill('sales')
    await me.button('Add tag').click()
    await me.field('Name 2').fill('data')
    await me.field('Value 2').fill('personal')
    expect(await screen.look('key-tags-edit')).toEqual([])
    await me.button('Save tags').click()
    await me.page.getByRole('definition').filter({ hasText: 'personal' }).waitFor()
    expect(await me.page.getByRole('definition').allTextContents()).toEqual(expect.arrayContaining(['sales', 'personal']))
    expect(await screen.look('key-tags')).toEqual([])
  })

  it('keeps a policy that is none in the editor, and stores one that is', async () => {
    const { me, screen } = story
    await me.tab('Policy')
    await me.text('This policy holds for every call.').waitFor()
    await me.button('Edit policy').click()
    const editor = me.field('Policy document')
    const policy = JSON.parse(await editor.inputValue()) as { Statement: { Sid: string; Effect: string }[] }
    await editor.fill('{ "Version": ')
    await me.page.getByRole('alert').getByText('This is no JSON').waitFor()
    // The page does not know the grammar, the service does.
    await editor.fill(JSON.stringify({ ...policy, Statement: [{ ...policy.Statement[0], Effect: 'Perhaps' }] }))
    await me.button('Save policy').click()
    await me.page.getByRole('alert').getByText(/must be Allow or Deny/).waitFor()
    expect(await screen.look('key-policy-refused')).toEqual([])
    await editor.fill(JSON.stringify({ ...policy, Statement: [{ ...policy.Statement[0], Sid: 'Root may do all' }] }))
    await me.button('Save policy').click()
    await me.button('Edit policy').waitFor()
    await me.text('Root may do all').waitFor()
  })

  it('gives an alias to another key, and takes it back', async () => {
    const { me, screen } = story
    await me.tab('Aliases')
    await me.button('Move alias/payroll to another key').click()
    await me.page.getByRole('dialog', { name: 'Move alias/payroll' }).getByRole('button', { name: 'To' }).click()
    await me.page.getByRole('option', { name: 'alias/backup' }).click()
    expect(await screen.look('move-alias')).toEqual([])
    await me.button('Move alias').click()
    await me.text('No alias points to this key').waitFor()
    await me.button('Undo').click()
    await me.button('Move alias/payroll to another key').waitFor()
  })

  it('is deleted only by who has read what depends on it and has typed its name', async () => {
    const { me, screen } = story
    await action('Schedule deletion')
    const dialog = me.page.getByRole('dialog', { name: 'Schedule deletion of alias/payroll' })
    await dialog.getByText('last issued').waitFor()
    expect(await dialog.getByRole('textbox', { name: 'Waiting period in days' }).or(dialog.getByRole('spinbutton')).first().inputValue()).toBe('30')
    const schedule = dialog.getByRole('button', { name: 'Schedule deletion' })
    await schedule.focus()
    await me.page.getByRole('tooltip').getByText('Type alias/payroll to confirm.').waitFor()
    await me.page.keyboard.press('Enter')
    await dialog.getByRole('textbox', { name: 'Type the alias to confirm' }).fill('alias/payroll')
    for (let day = 30; day > 7; day -= 1) await dialog.getByRole('button', { name: 'Less waiting period' }).click()
    await dialog.getByText('After 7 days every file').waitFor()
    expect(await screen.look('schedule-deletion')).toEqual([])
    await schedule.click()
    await me.text('alias/payroll is deleted in 7 d.').waitFor()
    await me.text('Pending deletion', true).waitFor()
    expect(await screen.look('key-pending-deletion')).toEqual([])
  })

  it('counts down in the list and cannot be used meanwhile', async () => {
    const { me, screen } = story
    await me.goTo('Keys')
    await me.page.getByRole('gridcell', { name: 'Deletes in 7 d' }).waitFor()
    expect(await screen.look('keys-pending-deletion')).toEqual([])
    await me.page.getByRole('link', { name: 'alias/payroll' }).click()
    await me.button('Encrypt files').focus()
    await me.page.getByRole('tooltip').getByText('alias/payroll is not enabled.').waitFor()
  })

  it('comes back as a disabled key when its deletion is cancelled', async () => {
    const { me } = story
    await me.page.getByRole('main').getByRole('button', { name: 'Cancel deletion' }).click()
    await me.text('Disabled', true).waitFor()
    await action('Enable')
    await me.text('Enabled', true).waitFor()
  })

  it('is disabled instead where that is enough', async () => {
    const { me } = story
    await me.goTo('Keys')
    await row('alias/backup').getByRole('button', { name: 'Actions of alias/backup' }).click()
    await me.page.getByRole('menuitem', { name: 'Schedule deletion' }).click()
    await me.page.getByRole('dialog', { name: 'Schedule deletion of alias/backup' }).getByRole('button', { name: 'Disable instead' }).click()
    await row('alias/backup').getByText('Disabled').waitFor()
  })

  it('is told otherwise where it signs: nothing rotates, and something else is lost', async () => {
    const { me, screen } = story
    await me.page.getByRole('link', { name: 'alias/code-signing' }).click()
    await me.text('Sign and verify', true).waitFor()
    expect(await me.page.getByRole('tab').allTextContents()).toEqual(['General', 'Policy', 'Aliases1', 'Tags0', 'Cryptography', 'Playground'])
    await action('Schedule deletion')
    await me.text('nothing can be signed with alias/code-signing any more').waitFor()
    expect(await screen.look('schedule-deletion-signing')).toEqual([])
    await me.page.keyboard.press('Escape')
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  async function action(name: string): Promise<void> {
    await story.me.button('Actions').click()
    await story.me.page.getByRole('menuitem', { name, exact: true }).click()
  }

  function row(alias: string): Locator {
    return story.me.page.getByRole('row').filter({ has: story.me.page.getByRole('link', { name: alias }) })
  }
})
