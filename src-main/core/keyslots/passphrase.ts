import { VaultError } from '../vocabulary/failures.ts'
import { Secret } from '../vocabulary/secret.ts'

/** Longer than anybody types; keeps a wrong file given as a passphrase from being read whole. */
const MAX_BYTES = 1_024

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The bytes of a passphrase that enter Argon2id, by the OpaqueString profile of RFC 8265 section 4.2 as far as a keyboard can tell:
 * other spaces become U+0020, then Unicode NFC, so that the same letters typed on two systems open the same vault. Nothing is trimmed
 * and case is kept. The result is the caller's to wipe; the given secret stays as it is.
 * Throws MALFORMED if it is not UTF-8, is empty, holds a control character, or is longer than 1024 bytes.
 */
export function preparePassphrase(passphrase: Secret): Secret {
  const given = passphrase.bytes
  if (given.length === 0 || given.length > MAX_BYTES) throw malformed()
  for (const byte of given) if (byte < 0x20 || byte === 0x7f) throw malformed()
  // ASCII is its own NFC: no string, which could not be wiped, is made of it.
  if (given.every((byte) => byte < 0x80)) return Secret.copy(given)
  return Secret.fromText(decode(given).replace(/\p{Zs}/gu, ' ').normalize('NFC'))
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    // TextDecoder with `fatal` says TypeError for bytes that are not UTF-8 (WHATWG Encoding).
    if (error instanceof TypeError) throw malformed()
    throw error
  }
}

function malformed(): VaultError {
  return new VaultError('MALFORMED', { what: 'a passphrase' })
}
