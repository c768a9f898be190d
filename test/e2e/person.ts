import type { Locator, Page } from 'playwright-core'
import { LAB_PASSPHRASE } from './lab.ts'
import type { Owner } from './owner.ts'
import type { Screen } from './screen.ts'

/** What a person does with a page, in their words. */
export interface Person {
  readonly page: Page
  heading(name: string): Promise<void>
  button(name: string): Locator
  /** A field by its whole label: "Show passphrase" is another thing. */
  field(label: string): Locator
  tab(name: string): Promise<void>
  goTo(name: string): Promise<void>
  text(text: string | RegExp): Locator
}

/** Somebody in front of this screen. */
export function personAt({ page }: Pick<Screen, 'page'>): Person {
  return {
    page,
    heading: (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor(),
    button: (name) => page.getByRole('button', { name, exact: true }),
    field: (label) => page.getByLabel(label, { exact: true }),
    async tab(name) {
      await page.getByRole('tab', { name }).click()
    },
    async goTo(name) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: new RegExp(`^${name}`) }).click()
      await page.getByRole('heading', { level: 1 }).waitFor()
    },
    text: (text) => page.getByText(text),
  }
}

/** Opens the console by a link and signs in to a prepared vault. */
export async function signIn(owner: Owner, person: Person): Promise<void> {
  await person.page.goto(owner.ready.link)
  await person.field('Passphrase').fill(LAB_PASSPHRASE)
  await person.page.keyboard.press('Enter')
  await person.heading('Customer managed keys')
}
