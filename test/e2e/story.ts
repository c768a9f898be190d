import { afterAll, afterEach, beforeAll } from 'vitest'
import { startOwner, type Owner } from './owner.ts'
import { personAt, signIn, type Person } from './person.ts'
import { openScreen, type Screen } from './screen.ts'

/** One story: a real `serve` over a prepared home, and one person signed in to it in a real Chromium. */
export interface Story {
  readonly owner: Owner
  readonly screen: Screen
  readonly me: Person
}

/** Begins a story before the sentences of this `describe` and ends it after them. Its parts are there once it has begun. */
export function tell(prepare: (home: string) => Promise<void>): Story {
  let owner: Owner | undefined
  let screen: Screen | undefined
  let me: Person | undefined

  beforeAll(async () => {
    owner = await startOwner(prepare)
    screen = await openScreen()
    me = personAt(screen)
    await signIn(owner, me)
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await screen?.keep(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })

  afterAll(async () => {
    await screen?.[Symbol.asyncDispose]()
    await owner?.[Symbol.asyncDispose]()
  })

  return {
    get owner() {
      return begun(owner)
    },
    get screen() {
      return begun(screen)
    },
    get me() {
      return begun(me)
    },
  }
}

function begun<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the story has not begun')
  return part
}
