import { compareBytes, concat, u16, utf8 } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import type { EncryptionContext } from '../vocabulary/kms.ts'

const LONGEST = 65_535

/**
 * The one byte form of an encryption context: the AWS Encryption SDK's serialisation (docs/spec/ciphertext-blob-v1.md, "Digest").
 * No pair gives zero bytes. Throws ValidationException for lone surrogates and for more than 65,535 bytes.
 */
export function serialiseContext(context: EncryptionContext): Uint8Array<ArrayBuffer> {
  const pairs = Object.entries(context).map(([key, value]) => ({ key: wellFormed(key), value: wellFormed(value) }))
  if (pairs.length === 0) return new Uint8Array()
  // By UTF-8 bytes: JavaScript's own order is by UTF-16 units and differs beyond U+FFFF.
  pairs.sort((a, b) => compareBytes(a.key, b.key))
  if (pairs.length > LONGEST || pairs.some(({ key, value }) => key.length > LONGEST || value.length > LONGEST)) throw tooLong()
  const serialised = concat(u16(pairs.length), ...pairs.flatMap(({ key, value }) => [u16(key.length), key, u16(value.length), value]))
  if (serialised.length > LONGEST) throw tooLong()
  return serialised
}

function wellFormed(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    throw new VaultError('ValidationException', { text: 'The encryption context holds text that is not well-formed Unicode.' })
  }
  return utf8(text)
}

function tooLong(): VaultError {
  return new VaultError('ValidationException', { text: `The encryption context is longer than ${LONGEST} bytes.` })
}
