import type { Refusal } from '../protocol.ts'

/** Thrown inside a host; its content is the answer to the owner. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.kind)
    this.refusal = refusal
  }
}

/**
 * The return value inside what pkcs11js threw; undefined if it is no PKCS#11 error. pkcs11js gives `.code` for most functions,
 * but C_FindObjects, C_SetAttributeValue, C_CreateObject and C_CopyObject throw a raw Error "CKR_NAME:number" (2.1.7).
 */
export function ckrOf(error: unknown): number | undefined {
  if (error instanceof Refused) return error.refusal.kind === 'ckr' ? error.refusal.ckr : undefined
  if (!(error instanceof Error)) return undefined
  const { code } = error as Error & { code?: unknown }
  if (typeof code === 'number' && code > 0) return clamped(code)
  const written = /CKR_\w+:(\d+)/.exec(error.message)?.[1]
  return written === undefined ? undefined : clamped(Number(written))
}

/** Whatever was thrown, as the refusal that the owner gets. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  const value = ckrOf(error)
  if (value !== undefined) return { kind: 'ckr', ckr: value }
  return { kind: 'fault', text: error instanceof Error ? `${error.name}: ${error.message}` : 'no error was thrown' }
}

/** CK_RV is 64 bits wide and caml-crush answers with all of them set. */
function clamped(value: number): number {
  return Number.isSafeInteger(value) ? value : 0xffff_ffff
}
