import { shallowRef } from 'vue'

/** What a person is asked before something happens. */
export interface Question {
  /** Names the thing: "Disable alias/web-tls". */
  readonly title: string
  /** The consequence, in one or two sentences. */
  readonly text: string
  /** The verb that does it. */
  readonly yes: string
  /** The verb that keeps things as they are. */
  readonly no: string
  readonly danger?: boolean
}

interface Asked {
  readonly question: Question
  readonly answer: (yes: boolean) => void
}

/** The question on screen, shown by ConfirmHost. */
export const asked = shallowRef<Asked>()

/** Asks, and resolves true only for the verb that does it; closing the dialog is no. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false)
  return new Promise((resolve) => {
    asked.value = {
      question,
      answer: (yes) => {
        asked.value = undefined
        resolve(yes)
      },
    }
  })
}
