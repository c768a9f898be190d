import type { Crypto } from '../ports/crypto.ts'
import { toHex, utf8 } from '../vocabulary/bytes.ts'
import type { Secret } from '../vocabulary/secret.ts'

/** `AWS4-HMAC-SHA256`, the one algorithm that is served. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** What a signing key is for: one day, Region and service. */
export interface CredentialScope {
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** The signing key of a scope, 32 bytes; steps in between are wiped. The caller owns the result. */
export function signingKey(crypto: Crypto, secretAccessKey: Secret, scope: CredentialScope): Uint8Array {
  const prefix = utf8('AWS4')
  let key = new Uint8Array(prefix.length + secretAccessKey.bytes.length)
  key.set(prefix)
  key.set(secretAccessKey.bytes, prefix.length)
  for (const step of [scope.date, scope.region, scope.service, 'aws4_request']) {
    const next = crypto.hmacSha256(key, utf8(step))
    key.fill(0)
    key = Uint8Array.from(next)
    next.fill(0)
  }
  return key
}

/** The string to sign. `time` is the request's, in ISO 8601's basic form; the canonical request is a character a byte. */
export function stringToSign(crypto: Crypto, time: string, scope: CredentialScope, canonicalRequest: string): string {
  return [ALGORITHM, time, `${scope.date}/${scope.region}/${scope.service}/aws4_request`, toHex(crypto.sha256(latin1(canonicalRequest)))].join('\n')
}

/** The signature, 32 bytes. */
export function signatureOf(crypto: Crypto, key: Uint8Array, stringToSign: string): Uint8Array {
  return crypto.hmacSha256(key, latin1(stringToSign))
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
