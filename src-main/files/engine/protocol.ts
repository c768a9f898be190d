import type { Layout } from '#core/messages/layout.ts'
import type { ExistingFile, SmallFile } from '#core/ports/files.ts'

// What the owner's thread and a file thread say to each other. No data of files crosses: threads share the descriptors.

/** Int32 cells that all threads of a job share. */
export const CONTROL = {
  /** The next batch that nobody has taken. */
  next: 0,
  /** Not 0: take no more. */
  stop: 1,
  /** Batches that are done. */
  done: 2,
  /** 1 while a thread writes. */
  writing: 3,
} as const

export interface Bulk {
  readonly kind: 'seal' | 'open'
  readonly control: Int32Array<SharedArrayBuffer>
  /** The message's own key; whoever made it wipes it when all threads are done. */
  readonly key: Uint8Array<SharedArrayBuffer>
  readonly messageId: Uint8Array
  readonly layout: Layout
  readonly framesPerBatch: number
  readonly source: number
  /** Undefined verifies only. */
  readonly target: number | undefined
}

/** A chunk of small files under one data key. */
export interface Small {
  readonly kind: 'seal-small' | 'open-small'
  readonly files: readonly SmallFile[]
  readonly dataKey: Uint8Array<SharedArrayBuffer>
  /** The header body of all of them, with zeros for message id and commitment. */
  readonly header: Uint8Array
  readonly existing: ExistingFile
  /** What the name of each `.part` begins with. */
  readonly part: string
  /** Bytes of the longest file to take. */
  readonly longest: number
}

/** How a thread's part of a job ended: with nothing to say, or with why it did not. */
export type Ended =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'not-authentic' | 'cut' }
  | { readonly outcome: 'system'; readonly side: 'read' | 'write'; readonly code: string }
  | { readonly outcome: 'broken'; readonly text: string }
