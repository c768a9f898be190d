import type { Crypto } from '../ports/crypto.ts'
import { concat, fromHex, toHex, utf8 } from '../vocabulary/bytes.ts'
import { unreachable, VaultError } from '../vocabulary/failures.ts'
import type { MaterialId } from '../vocabulary/ids.ts'

// Format: docs/spec/import-token-v1.md.

const VERSION = 1
const DOMAIN = utf8('holdfast/import-token/v1')
const PAIR_AT = 1
const KEY_AT = 33
const END_AT = 65
const MAC_AT = 73
const LENGTH = 105

/** Milliseconds for which a token and its wrapping pair are valid. */
export const IMPORT_WINDOW = 24 * 60 * 60 * 1000

/** What a token says. */
export interface ImportToken {
  /** The id of the wrapping pair. */
  readonly pair: MaterialId
  readonly keyArn: string
  /** Wall clock, milliseconds. */
  readonly endsAt: number
}

/** The token's 105 bytes. `secret` is the vault's, 32 bytes; the caller wipes it. */
export function encodeImportToken(crypto: Crypto, secret: Uint8Array, { pair, keyArn, endsAt }: ImportToken): Uint8Array {
  const end = new Uint8Array(MAC_AT - END_AT)
  new DataView(end.buffer).setBigUint64(0, BigInt(endsAt))
  const body = concat(Uint8Array.of(VERSION), fromHex(pair) ?? unreachable('an id that is no hex'), crypto.sha256(utf8(keyArn)), end)
  return concat(body, crypto.hmacSha256(secret, concat(DOMAIN, body)))
}

/** The wrapping pair of a token for this key. Throws InvalidImportTokenException, ExpiredImportTokenException. `secret` as above; undefined if no token was ever made. */
export function readImportToken(crypto: Crypto, secret: Uint8Array | undefined, token: Uint8Array, { keyArn, now }: { keyArn: string; now: number }): MaterialId {
  if (secret === undefined || token.length !== LENGTH || token[0] !== VERSION) throw new VaultError('InvalidImportTokenException')
  const body = token.subarray(0, MAC_AT)
  if (!crypto.equal(crypto.hmacSha256(secret, concat(DOMAIN, body)), token.subarray(MAC_AT))) throw new VaultError('InvalidImportTokenException')
  if (!crypto.equal(crypto.sha256(utf8(keyArn)), token.subarray(KEY_AT, END_AT))) throw new VaultError('InvalidImportTokenException')
  const endsAt = new DataView(token.buffer, token.byteOffset + END_AT).getBigUint64(0)
  if (BigInt(now) >= endsAt) throw new VaultError('ExpiredImportTokenException')
  return toHex(token.subarray(PAIR_AT, KEY_AT)) as MaterialId
}
