// The desktop app's small window that says one thing and offers what to do: what it shows and how it answers.

/** The origin of the window's page. */
export const noticeOrigin = 'app://notice'

/** Asks main for the notice. */
export const readNotice = 'holdfast:read-notice'

/** Tells main which button was pressed, by its index. */
export const answerNotice = 'holdfast:answer-notice'

export interface Notice {
  readonly title: string
  /** Sentences: what happened, what to do. */
  readonly text: string
  /** Verbs, the main one first; closing the window counts as the last. */
  readonly buttons: readonly string[]
}

/** What the window's preload puts on it. */
export interface NoticeBridge {
  read(): Promise<Notice>
  answer(button: number): void
}
