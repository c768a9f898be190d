import type { AesGcm, Crypto } from '../ports/crypto.ts'
import { concat, u16, utf8 } from '../vocabulary/bytes.ts'
import { Secret } from '../vocabulary/secret.ts'
import { encodeHeader, type MessageHeader } from './header.ts'
import { COMMITMENT_LENGTH, DATA_KEY_LENGTH, IV_LENGTH, SUITE_ID } from './suite.ts'

// docs/spec/file-message-v1.md, "Keys": HKDF-SHA512 with the message id as salt gives a message its own key from the data key,
// and a commitment to it: without one, a file can be made that opens to two different plaintexts under two keys.

const DERIVE = concat(u16(SUITE_ID), utf8('DERIVEKEY'))
const COMMIT = utf8('COMMITKEY')
const HEADER_IV = new Uint8Array(IV_LENGTH)
const NOTHING = new Uint8Array()

/** The key of one message's frames: ready to use, and as bytes for other threads. Whoever asked for it wipes them. */
export interface MessageKey {
  readonly key: AesGcm
  readonly bytes: Secret
}

/** Header body and tag of a new message, and the key for its frames. `messageId` must be fresh: never twice with one data key. */
export function sealHeader(
  crypto: Crypto,
  dataKey: Secret,
  fields: Omit<MessageHeader, 'commitment'>,
): { readonly header: Uint8Array<ArrayBuffer> } & MessageKey {
  const { key, bytes } = messageKey(crypto, dataKey, fields.messageId)
  const body = encodeHeader({ ...fields, commitment: commitment(crypto, dataKey, fields.messageId) })
  return { header: concat(body, key.seal(HEADER_IV, NOTHING, body).tag), key, bytes }
}

/**
 * The key for a message's frames; undefined unless the data key is the one that the message commits to (compared before the key is used
 * at all) and the header is authentic. `body` and `tag` are the header's bytes as they were read.
 */
export function openHeader(crypto: Crypto, dataKey: Secret, header: MessageHeader, body: Uint8Array, tag: Uint8Array): MessageKey | undefined {
  if (dataKey.bytes.length !== DATA_KEY_LENGTH) return undefined
  if (!crypto.equal(commitment(crypto, dataKey, header.messageId), header.commitment)) return undefined
  const made = messageKey(crypto, dataKey, header.messageId)
  if (made.key.open(HEADER_IV, NOTHING, tag, body) !== undefined) return made
  made.bytes.wipe()
  return undefined
}

function commitment(crypto: Crypto, dataKey: Secret, messageId: Uint8Array): Uint8Array {
  return crypto.hkdfSha512(dataKey.bytes, messageId, COMMIT, COMMITMENT_LENGTH)
}

function messageKey(crypto: Crypto, dataKey: Secret, messageId: Uint8Array): MessageKey {
  const bytes = Secret.own(crypto.hkdfSha512(dataKey.bytes, messageId, DERIVE, DATA_KEY_LENGTH))
  return { key: crypto.aesGcm(bytes.bytes), bytes }
}
