import { describe, expect, it } from 'vitest'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// A key in two Regions, from the wizard to the day on which it is to go. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`a multi-Region key${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const story = tell(prepared(async ({ vault: { api } }) => { await api.accounts.addRegion({ region: 'north' }) }))

  it('is chosen with its type, and said again in the review', async () => {
    const { me, screen } = story
    await me.page.keyboard.press('Control+k')
    await me.page.keyboard.type('create key')
    await me.page.keyboard.press('Enter')
    await me.page.getByRole('checkbox', { name: 'Multi-Region key' }).click()
    await me.text('--multi-region').waitFor()
    expect(await screen.look('create-multi-region')).toEqual([])
    await me.button('Next: alias and tags').click()
    await me.page.getByRole('textbox', { name: 'Alias' }).fill('alias/both')
    await me.button('Next: rotation').click()
    await me.button('Next: review').click()
    await me.text('Multi-Region: the primary is here, replicas can be added').waitFor()
    await me.button('Create key').click()
    await me.page.getByRole('heading', { name: 'alias/both' }).waitFor()
  })

  it('is replicated to another Region of the vault', async () => {
    const { me, screen } = story
    await me.button('Replicate').click()
    const dialog = me.page.getByRole('dialog')
    await dialog.getByText('north').waitFor()
    await dialog.getByRole('button', { name: 'Replicate key' }).click()
    await me.text('The key is in north too').first().waitFor()
    await me.text(/^arn:aws:kms:north:441722089135:key\/mrk-/).waitFor()
    expect(await screen.look('key-regions')).toEqual([])
    await me.button('Replicate').click()
    await dialog.getByText('The key is in every Region of this vault.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  })

  it('waits for its replica when it is to be deleted, and is taken back', async () => {
    const { me, screen } = story
    await me.button('Actions').click()
    await me.page.getByRole('menuitem', { name: 'Schedule deletion' }).click()
    const dialog = me.page.getByRole('dialog')
    await dialog.getByRole('textbox').last().fill('alias/both')
    await dialog.getByRole('button', { name: 'Schedule deletion' }).click()
    await me.text('alias/both waits for its replicas to be deleted.').waitFor()
    expect(await screen.look('key-waits-for-replicas')).toEqual([])
    await me.button('Cancel deletion').click()
    await me.text('alias/both stays, and is disabled').first().waitFor()
  })

  it('leaves its rank to the replica after a question', async () => {
    const { me } = story
    await me.button('Actions').click()
    await me.page.getByRole('menuitem', { name: 'Enable' }).click()
    await me.text('alias/both is enabled').first().waitFor()
    await me.button('Make the key in north the primary').click()
    await me.button('Make primary').click()
    await me.text('The primary is in north now').first().waitFor()
    await expect.poll(() => me.page.getByText('Primary', { exact: true }).count()).toBe(1)
  })

  it('made nobody complain', () => {
    expect(story.screen.complaints).toEqual([])
  })
})
