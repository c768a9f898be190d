import type { Locator, Page } from 'playwright-core'

/** What a person types where a passphrase is asked for. */
export const PASSPHRASE = 'orbit lantern meadow copper'

/** What a person sees and does on a page of the console. Takes the page each time: the app replaces it. */
export interface Person {
  heading(name: string): Promise<void>
  field(name: string): Locator
  button(name: string): Locator
  /** The button of the form, not the choice of the same name above it. */
  submit(name: string): Locator
  /** On the first run: a vault without a recovery code. */
  createVault(): Promise<void>
  /** From the list of keys: one with the alias `alias/payroll`; ends on its page. */
  createKey(): Promise<void>
  /** Types the passphrase and presses this button. */
  enter(verb: 'Unlock' | 'Sign in'): Promise<void>
}

export function personAt(page: () => Page): Person {
  const person: Person = {
    async heading(name) {
      await page().getByRole('heading', { name, exact: true }).waitFor()
    },
    field: (name) => page().getByRole('textbox', { name, exact: true }),
    button: (name) => page().getByRole('button', { name, exact: true }),
    submit: (name) => page().locator('form').getByRole('button', { name, exact: true }),
    async createVault() {
      await page().getByLabel('Name').fill('Lab vault')
      await person.field('Passphrase').fill(PASSPHRASE)
      await person.field('Passphrase again').fill(PASSPHRASE)
      await page().getByRole('checkbox', { name: 'Make a recovery code' }).click()
      await person.button('Create vault').click()
      await person.heading('Customer managed keys')
    },
    async createKey() {
      await page().keyboard.press('c')
      await person.button('Next: alias and tags').click()
      await page().getByLabel('Alias').fill('payroll')
      await finishWizard(page())
      await person.heading('alias/payroll')
    },
    async enter(verb) {
      await person.field('Passphrase').fill(PASSPHRASE)
      await person.button(verb).click()
    },
  }
  return person
}

/** Goes on through the steps of the wizard, however many there are, and creates what it was for. */
export async function finishWizard(page: Page): Promise<void> {
  const next = page.getByRole('button', { name: /^Next: / })
  while ((await next.count()) > 0) await next.click()
  await page.getByRole('button', { name: 'Create key', exact: true }).click()
}
