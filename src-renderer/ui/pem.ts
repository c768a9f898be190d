import { fromBase64, toBase64 } from '#core/vocabulary/bytes.ts'
import type { Payload } from './payload.ts'

/** A public key as other programs read it (RFC 7468, section 13). */
export function publicKeyPem(der: Uint8Array): string {
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(der).replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END PUBLIC KEY-----\n`
}

/** The bytes of a public key in PEM. */
export function fromPem(text: string): Payload {
  const body = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(text)?.[1]
  const bytes = body === undefined ? undefined : fromBase64(body.replaceAll(/\s+/g, ''))
  return bytes === undefined ? { ok: false, problem: 'This is no PEM of a public key: it begins with -----BEGIN PUBLIC KEY-----.' } : { ok: true, bytes }
}
