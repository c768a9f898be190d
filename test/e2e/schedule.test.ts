import { describe, expect, it } from 'vitest'
import { DAY } from '../services/clocks.ts'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// The schedule, and clocks that lie: the vault was used at other times than now, by the services themselves.

describe.skipIf(missing !== undefined)(`the schedule${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  describe('of a vault whose deletions are past their date', () => {
    const story = tell(
      prepared(async ({ vault: { api }, key }) => {
        const old = await key('alias/ledger-2019')
        await api.kms.ScheduleKeyDeletion({ KeyId: old, PendingWindowInDays: 7 })
        await api.kms.EnableKeyRotation({ KeyId: await key('alias/payroll'), RotationPeriodInDays: 365 })
      }, 20 * DAY),
    )

    it('says that they wait, for what, and what would be lost', async () => {
      const { me, screen } = story
      await me.goTo('Schedule')
      await me.text('1 deletion is past its date.').waitFor()
      await me.page.getByRole('cell', { name: 'Due: waits for a day of running time' }).waitFor()
      await me.page.getByRole('cell', { name: 'in 345 d' }).waitFor()
      expect(await screen.look('schedule-due')).toEqual([])
    })

    it('shows both times before a person gives their word, and takes a no', async () => {
      const { me, screen } = story
      await me.button('Confirm the time').click()
      const question = me.page.getByRole('alertdialog', { name: 'Confirm the time' })
      await question.getByText('cannot be brought back').waitFor()
      expect(await screen.look('schedule-confirm')).toEqual([])
      await question.getByRole('button', { name: 'Leave it' }).click()
      await me.text('1 deletion is past its date.').waitFor()
    })

    it('goes on with them after the word was given', async () => {
      const { me } = story
      await me.button('Confirm the time').click()
      await me.button('The time is right').click()
      await me.text('The time is confirmed, 1 deletion goes on').first().waitFor()
    })

    it('never made the browser complain', () => {
      expect(story.screen.complaints).toEqual([])
    })
  })

  describe('of a vault that has seen a later time than now', () => {
    const story = tell(
      prepared(async ({ vault: { api }, key, moveTo }) => {
        await api.kms.ScheduleKeyDeletion({ KeyId: await key('alias/old-vpn'), PendingWindowInDays: 30 })
        await moveTo(-3 * DAY)
      }),
    )

    it('says that the clock is behind and that nothing is destroyed', async () => {
      const { me, screen } = story
      await me.goTo('Schedule')
      await me.text('This machine’s clock is behind.').waitFor()
      await me.page.getByRole('list', { name: 'Deletions' }).getByRole('link', { name: 'alias/old-vpn' }).waitFor()
      expect(await screen.look('schedule-clock-behind')).toEqual([])
    })

    it('takes the time that a person confirms', async () => {
      const { me } = story
      await me.button('Confirm the time').click()
      await me.page.getByRole('alertdialog').getByText('No deletion is due at this time.').waitFor()
      await me.button('The time is right').click()
      await me.text('The time is confirmed').first().waitFor()
      await me.text('This machine’s clock is behind.').waitFor({ state: 'detached' })
    })

    it('leads to the key', async () => {
      const { me } = story
      await me.page.getByRole('list', { name: 'Deletions' }).getByRole('link', { name: 'alias/old-vpn' }).click()
      await me.heading('alias/old-vpn')
      await me.text('alias/old-vpn is deleted in 30 d.').waitFor()
    })
  })
})
