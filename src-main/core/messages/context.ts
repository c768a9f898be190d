import { concat, u16, utf8 } from '../vocabulary/bytes.ts'
import { VaultError } from '../vocabulary/failures.ts'
import type { EncryptionContext } from '../vocabulary/kms.ts'
import { serialiseContext } from '../sealing/context.ts'
import { openReader } from './reader.ts'

/** An encryption context as a header holds it. We write it in the order of the keys' UTF-8 bytes; others may not. */
export type ContextPairs = readonly (readonly [key: string, value: string])[]

const RESERVED = 'aws-crypto-'

/**
 * The context of a new file in the order in which it is written. Throws ValidationException for keys that the Encryption SDK keeps for
 * itself, for text that is not well-formed Unicode, and for more than 65,535 bytes.
 */
export function contextForWriting(context: EncryptionContext): ContextPairs {
  if (Object.keys(context).some((key) => key.startsWith(RESERVED))) {
    throw new VaultError('ValidationException', { text: `Keys of the encryption context that begin with ${RESERVED} are reserved for the AWS Encryption SDK.` })
  }
  return contextPairs(context)
}

/** Any context in the order in which it is written. Throws ValidationException for what cannot be written. */
export function contextPairs(context: EncryptionContext): ContextPairs {
  return parseContext(serialiseContext(context), () => new Error('our own serialisation does not parse'))
}

/** No pair gives zero bytes; else the count, then key and value of each pair behind their lengths. */
export function encodeContext(pairs: ContextPairs): Uint8Array<ArrayBuffer> {
  if (pairs.length === 0) return new Uint8Array()
  return concat(u16(pairs.length), ...pairs.flat().flatMap((text) => [u16(utf8(text).length), utf8(text)]))
}

/** The pairs as they stand; refused if a key stands twice or bytes are left over. `encodeContext` gives the same bytes again. */
export function parseContext(bytes: Uint8Array, failure: () => Error): ContextPairs {
  if (bytes.length === 0) return []
  const reader = openReader(bytes, failure)
  const count = reader.u16()
  const pairs = new Map<string, string>()
  for (let i = 0; i < count; i++) pairs.set(reader.text(), reader.text())
  // A key that stood twice makes the map smaller. No pair has one encoding, which is no bytes at all.
  if (count === 0 || pairs.size !== count || reader.position !== bytes.length) throw failure()
  return [...pairs]
}

/** The pairs as AWS KMS's map. */
export function contextMap(pairs: ContextPairs): EncryptionContext {
  return Object.fromEntries(pairs)
}

/** True if every expected pair is there with its value; a context may hold more. */
export function contextHolds(pairs: ContextPairs, expected: EncryptionContext): boolean {
  const held = new Map(pairs)
  return Object.entries(expected).every(([key, value]) => held.get(key) === value)
}
