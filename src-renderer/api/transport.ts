import type { ClientContext, ClientLink } from '@orpc/client'
import type { Api } from '#contract/contract.ts'
import type { GivenFile } from './given-file.ts'

/** One open way to the process that owns the vault. It ends once and is never reused. */
export interface Line {
  /** Carries calls of the contract. */
  readonly link: ClientLink<ClientContext>
  /** Settles when the line has ended, whoever ended it. Never rejects. */
  readonly ended: Promise<void>
}

/** Opens lines: a WebSocket in the browser, a MessagePort in the desktop app. */
export interface Transport {
  /**
   * A new line, authenticated to the transport (which grants nothing of the vault).
   * Throws LinkRefused if this page has no right to the transport any more; any other error means "try again later".
   */
  open(): Promise<Line>
  /** A file that was dropped or chosen in the page. Left out: this transport has no way for it, and files are named by their path only. */
  given?(api: Api, file: File): GivenFile
}

/** The one-time link was used or has expired: only a new one helps. */
export class LinkRefused extends Error {
  override readonly name = 'LinkRefused'
}
