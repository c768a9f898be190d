import { gcmIvModes, type GcmIvMode } from '../vocabulary/tokens.ts'
import type { CheckId } from './checks.ts'
import { works, type CheckResult, type CheckResults } from './profile.ts'

/** The format of a wrapped 32-byte key, told by its length: the mechanisms' names do not tell it (SoftHSM's 0x210A is RFC 5649). */
const wrapChecks = {
  'wrap-aes-kw': { 40: 'RFC 3394' },
  // Padding by RFC 5649 adds nothing to 32 bytes, PKCS #7 a whole block before the wrap of RFC 3394.
  'wrap-aes-pad': { 40: 'RFC 5649', 48: 'PKCS #7, then RFC 3394' },
  'wrap-aes-kwp': { 40: 'RFC 5649', 48: 'PKCS #7, then RFC 3394' },
  'wrap-cbc-pad': { 48: 'PKCS #7' },
} as const satisfies Partial<Record<CheckId, Readonly<Record<number, string>>>>

export type WrapCheck = keyof typeof wrapChecks

/** Undefined if AES-GCM does not work. */
export function gcmIvMode(results: CheckResults): GcmIvMode | undefined {
  return works(results, 'aes-gcm') ? gcmIvModes.find((mode) => mode === results['aes-gcm']?.detail) : undefined
}

/** Undefined if the mechanism does not work, or gives a length that no format has. */
export function wrapFormat(results: CheckResults, id: WrapCheck): string | undefined {
  if (!works(results, id)) return undefined
  const formats: Readonly<Record<string, string>> = wrapChecks[id]
  return formats[results[id]?.detail ?? '']
}

const ivWords = {
  'host-iv': 'IV from the host',
  'token-iv': 'IV from the token',
  appended: 'IV appended by the token',
} as const satisfies Record<GcmIvMode, string>

/** What a result says beyond its outcome, for a person: a code, a format, a sentence; undefined if nothing. */
export function noteOf(id: CheckId, result: CheckResult): string | undefined {
  if (result.outcome === 'absent') return result.detail ?? 'not listed'
  if (result.outcome === 'works') {
    const results = { [id]: result }
    if (id === 'aes-gcm') return ivWords[gcmIvMode(results) ?? 'host-iv']
    if (id in wrapChecks) return wrapFormat(results, id as WrapCheck) ?? `${result.detail ?? '?'} bytes`
  }
  return [result.ckr, result.detail].filter((part) => part !== undefined).join(', ') || undefined
}
