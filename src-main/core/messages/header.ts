import { concat, u16, u32, utf8 } from '../vocabulary/bytes.ts'
import { VaultError, unreachable } from '../vocabulary/failures.ts'
import { encodeContext, parseContext, type ContextPairs } from './context.ts'
import { openReader, type Reader } from './reader.ts'
import { COMMITMENT_LENGTH, MESSAGE_ID_LENGTH, MESSAGE_VERSION, MOST_DATA_KEYS, MOST_HEADER_BYTES, SUITE_ID } from './suite.ts'

/** The header body of a message: docs/spec/file-message-v1.md, "Header". */
export interface MessageHeader {
  /** 32 random bytes, the salt of the key derivation. */
  readonly messageId: Uint8Array
  /** In the order in which it is written. */
  readonly context: ContextPairs
  /** At least one. */
  readonly dataKeys: readonly EncryptedDataKey[]
  /** Plaintext bytes of each frame but the last. */
  readonly frameLength: number
  /** 32 bytes that only the right data key yields. */
  readonly commitment: Uint8Array
}

export interface EncryptedDataKey {
  /** `aws-kms` for a key of a KMS. */
  readonly provider: string
  /** The provider's own; a KMS key's ARN in UTF-8. */
  readonly info: Uint8Array
  readonly ciphertext: Uint8Array
}

const FRAMED = 2

/** The header body's bytes, over which the header tag is made. Wrong lengths are our own fault. */
export function encodeHeader(header: MessageHeader): Uint8Array<ArrayBuffer> {
  const { messageId, context, dataKeys, frameLength, commitment } = header
  if (messageId.length !== MESSAGE_ID_LENGTH || commitment.length !== COMMITMENT_LENGTH || dataKeys.length === 0) unreachable('message header of a wrong form')
  const pairs = encodeContext(context)
  const keys = dataKeys.flatMap(({ provider, info, ciphertext }) => [utf8(provider), info, ciphertext].flatMap((part) => [u16(part.length), part]))
  return concat(
    Uint8Array.of(MESSAGE_VERSION),
    u16(SUITE_ID),
    messageId,
    u16(pairs.length),
    pairs,
    u16(dataKeys.length),
    ...keys,
    Uint8Array.of(FRAMED),
    u32(frameLength),
    commitment,
  )
}

/**
 * Reads the header body at the front of a message. `length` is its own length; the header tag follows. Nothing of it is authentic before
 * that tag is. Throws MALFORMED for what is not ours, unsupported, or cut short. `encodeHeader` gives the same bytes again. The parts are
 * views of the given bytes.
 */
export function parseHeader(message: Uint8Array): { readonly header: MessageHeader; readonly length: number } {
  const reader = openReader(message.subarray(0, MOST_HEADER_BYTES), notOurs)
  requireSuite(reader)
  const messageId = reader.take(MESSAGE_ID_LENGTH)
  const context = parseContext(reader.prefixed(), notOurs)
  const count = reader.u16()
  if (count === 0) throw notOurs()
  if (count > MOST_DATA_KEYS) throw unsupported(`with more than ${MOST_DATA_KEYS} data keys`)
  const dataKeys: EncryptedDataKey[] = []
  while (dataKeys.length < count) dataKeys.push({ provider: reader.text(), info: reader.prefixed(), ciphertext: reader.prefixed() })
  const contentType = reader.u8()
  if (contentType === 1) throw unsupported('without frames')
  const frameLength = reader.u32()
  if (contentType !== FRAMED || frameLength === 0) throw notOurs()
  const commitment = reader.take(COMMITMENT_LENGTH)
  return { header: { messageId, context, dataKeys, frameLength, commitment }, length: reader.position }
}

/** Suites that the Encryption SDK writes with version 2. */
const SIGNED_SUITE_ID = 0x0578

function requireSuite(reader: Reader): void {
  const version = reader.u8()
  // Version 1 has its type, 80, where version 2 has the suite.
  if (version === 1 && reader.u8() === 0x80) throw unsupported('of version 1')
  if (version !== MESSAGE_VERSION) throw notOurs()
  const suite = reader.u16()
  if (suite === SIGNED_SUITE_ID) throw unsupported('with a signature (suite 0578)')
  if (suite !== SUITE_ID) throw notOurs()
}

function notOurs(): VaultError {
  return new VaultError('MALFORMED', { what: 'an encrypted file (AWS Encryption SDK message, version 2, suite 0478)' })
}

/** A message of the Encryption SDK, but of a kind that is not read here. */
function unsupported(kind: string): VaultError {
  return new VaultError('MALFORMED', { what: `a file that Holdfast reads: it is an AWS Encryption SDK message ${kind}` })
}
