import type { AesGcm, Crypto } from '../ports/crypto.ts'
import { concat, u16, utf8 } from '../vocabulary/bytes.ts'
import { Secret } from '../vocabulary/secret.ts'
import { encodeHeader, type MessageHeader } from './header.ts'
import { COMMITMENT_LENGTH, IV_LENGTH, TAG_LENGTH, type Suite } from './suite.ts'

// docs/spec/file-message-v1.md, "Keys": HKDF with the message id gives a message its own key from the data key, and in version 2 a
// commitment to it: without one, a file can be made that opens to two different plaintexts under two keys.

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
  const { key, bytes } = messageKey(crypto, dataKey, fields)
  const body = encodeHeader({ ...fields, commitment: commitment(crypto, dataKey, fields) })
  return { header: concat(body, key.seal(HEADER_IV, NOTHING, body).tag), key, bytes }
}

/**
 * The key for a message's frames; undefined unless the data key is the one that the message commits to (compared before the key is used
 * at all) and the header is authentic. `body` and `tag` are the header's bytes as they were read; of version 1 the tag has its IV in front.
 */
export function openHeader(crypto: Crypto, dataKey: Secret, header: MessageHeader, body: Uint8Array, tag: Uint8Array): MessageKey | undefined {
  if (dataKey.bytes.length !== header.suite.keyLength) return undefined
  if (!crypto.equal(commitment(crypto, dataKey, header), header.commitment)) return undefined
  const made = messageKey(crypto, dataKey, header)
  const iv = header.suite.version === 1 ? tag.subarray(0, IV_LENGTH) : HEADER_IV
  if (tag.length >= TAG_LENGTH && made.key.open(iv, NOTHING, tag.subarray(-TAG_LENGTH), body) !== undefined) return made
  made.bytes.wipe()
  return undefined
}

type Salted = Pick<MessageHeader, 'suite' | 'messageId'>

function commitment(crypto: Crypto, dataKey: Secret, { suite, messageId }: Salted): Uint8Array {
  return suite.commits ? crypto.hkdfSha512(dataKey.bytes, messageId, COMMIT, COMMITMENT_LENGTH) : NOTHING
}

function messageKey(crypto: Crypto, dataKey: Secret, salted: Salted): MessageKey {
  const bytes = Secret.own(derived(crypto, dataKey.bytes, salted))
  return { key: crypto.aesGcm(bytes.bytes), bytes }
}

/** In version 1 the salt is as many zeros as the hash has bytes, which is what HKDF takes for no salt. */
function derived(crypto: Crypto, dataKey: Uint8Array, { suite, messageId }: Salted): Uint8Array {
  if (suite.derive === undefined) return Uint8Array.from(dataKey)
  if (suite.version === 1) return crypto.messages.hkdf(suite.derive, dataKey, NOTHING, concat(u16(suite.id), messageId), suite.keyLength)
  return crypto.hkdfSha512(dataKey, messageId, deriveInfo(suite), suite.keyLength)
}

function deriveInfo({ id }: Suite): Uint8Array {
  return concat(u16(id), utf8('DERIVEKEY'))
}
