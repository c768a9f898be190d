import { describe, expect, it } from 'vitest'
import { fromBase64 } from '#core/vocabulary/bytes.ts'
import { prepared } from './lab.ts'
import { missing } from './needs.ts'
import { tell } from './story.ts'

// Data keys as a developer takes them. Each sentence goes on where the one before ended.

describe.skipIf(missing !== undefined)(`the data keys page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const story = tell(prepared(async ({ key }) => { await key('alias/payroll') }))

  it('teaches what a data key is before there is one', async () => {
    const { me, screen } = story
    await me.goTo('Data keys')
    await me.text('No data key was issued yet').waitFor()
    expect(await screen.look('data-keys-empty')).toEqual([])
  })

  it('issues one under a key and a context, and shows the same as a command', async () => {
    const { me, screen } = story
    await me.button('Issue data key').first().click()
    // The only key there is, is chosen.
    await me.page.getByRole('button', { name: 'Under' }).getByText('alias/payroll').waitFor()
    await me.button('Add pair').click()
    await me.field('Name 1').fill('purpose')
    await me.field('Value 1').fill('payroll')
    await me.text('--encryption-context purpose=payroll').waitFor()
    await me.button('Issue').click()
    await me.page.getByTestId('ciphertext').waitFor()
    expect(await me.page.getByTestId('plaintext').count()).toBe(0)
    expect(await screen.look('data-key-issued')).toEqual([])
  })

  it('shows its plaintext only when asked', async () => {
    const { me } = story
    await me.button('Show plaintext').click()
    const shown = fromBase64((await me.page.getByTestId('plaintext').textContent()) ?? '')
    expect(shown).toHaveLength(32)
    await me.text(/Hidden again in \d+ s\./).waitFor()
    await me.button('Hide plaintext').click()
    await me.page.getByTestId('masked').waitFor()
  })

  it('takes it out of the clipboard again, but nothing that somebody else has put there', async () => {
    const { me } = story
    await me.page.clock.install()
    await me.button('Copy plaintext').click()
    await me.text(/In the clipboard for \d+ s more\./).waitFor()
    expect(fromBase64(await clipboard())).toHaveLength(32)
    await me.page.clock.fastForward(31_000)
    await expect.poll(() => clipboard()).toBe('')
    await me.text('It is not in the clipboard any more.').waitFor()

    await me.button('Copy plaintext').click()
    await me.text(/In the clipboard for \d+ s more\./).waitFor()
    await me.page.evaluate(() => navigator.clipboard.writeText('of another program'))
    await me.page.clock.fastForward(31_000)
    await me.text('It is not in the clipboard any more.').waitFor()
    expect(await clipboard()).toBe('of another program')
  })

  it('overwrites it when its time is over, and says so', async () => {
    const { me, screen } = story
    await me.text(/^Forgotten in \d+ s|not in the clipboard/).waitFor()
    await me.page.clock.fastForward(120_000)
    await me.text('It was overwritten in this page 2 minutes after it came.').waitFor()
    expect(await me.page.getByTestId('masked').count()).toBe(0)
    expect(await me.button('Copy plaintext').count()).toBe(0)
    await me.page.clock.resume()
    expect(await screen.look('data-key-forgotten')).toEqual([])
  })

  it('forgets it when another one is asked for', async () => {
    const { me } = story
    await me.page.getByRole('radio', { name: 'Ciphertext only' }).or(me.button('Ciphertext only')).first().click()
    expect(await me.page.getByTestId('masked').count()).toBe(0)
    await me.page.getByRole('combobox', { name: 'Length' }).click()
    await me.page.getByRole('option', { name: 'Another length' }).click()
    await me.field('Length in bytes').fill('48')
    await me.text('--number-of-bytes').waitFor()
    await me.button('Issue').click()
    await me.page.getByTestId('ciphertext').waitFor()
    expect(await me.page.getByTestId('masked').count()).toBe(0)
  })

  it('lists what was issued under which key and context, newest first', async () => {
    const { me, screen } = story
    await me.page.getByRole('complementary', { name: 'Issue data key' }).getByRole('button', { name: 'Close' }).click()
    await me.text('2 data keys').waitFor()
    expect(await me.page.getByRole('row').nth(1).textContent()).toMatch(/alias\/payroll.*purpose=payroll.*48 bytes.*Ciphertext only.*root/)
    expect(await me.page.getByRole('row').nth(2).textContent()).toMatch(/alias\/payroll.*purpose=payroll.*AES_256.*With plaintext.*root/)
    await me.field('Filter by key, context, length').fill('aes_256')
    await me.text('1 of 2 data keys').waitFor()
    expect(await screen.look('data-keys')).toEqual([])
  })

  it('lists those of one key, by a link', async () => {
    const { me } = story
    await me.page.getByRole('link', { name: 'alias/payroll' }).first().click()
    await me.button('Actions').click()
    await me.page.getByRole('menuitem', { name: 'Its data keys' }).click()
    await me.text('2 data keys').waitFor()
    expect(new URL(me.page.url()).searchParams.get('key')).toMatch(/^[0-9a-f-]{36}$/)
    await me.button('Show those of all keys').click()
    expect(new URL(me.page.url()).search).toBe('')
  })

  it('never made the browser complain', () => {
    expect(story.screen.complaints).toEqual([])
  })

  function clipboard(): Promise<string> {
    return story.me.page.evaluate(() => navigator.clipboard.readText())
  }
})
