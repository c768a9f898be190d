import type { Secret } from '../vocabulary/secret.ts'

/** Asks a human. Each shell has its own way: a prompt, a window, a page. */
export interface Consent {
  /** Undefined if nobody can be asked or the person declines. The caller wipes the result. */
  askSecret(question: string): Promise<Secret | undefined>
}
